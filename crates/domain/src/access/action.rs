use super::Role;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $code:literal for [$($role:ident)*] scope $scope:expr;)*) => {
        /// What can be done. Each names the roles that may, and the scope an API token needs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable word, as in the matrix and the audit log.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Whether staff with `role` may.
            pub const fn is_for(self, role: Role) -> bool {
                match self { $(Self::$name => matches!(role, $(Role::$role)|*),)* }
            }

            /// The scope a token of the operator API needs; none if no token may.
            pub const fn scope(self) -> Option<&'static str> {
                match self { $(Self::$name => $scope,)* }
            }
        }
    };
}

actions! {
    /// Fill in and send an application at an outlet for someone else.
    TakeApplication "application.take" for [Clerk] scope Some("applications:write");
    /// Read an application's state, reasons and dates; no image, no identity.
    SeeApplication "application.see" for [Clerk Reviewer Lead Agent]
        scope Some("applications:read");
    /// Change or withdraw a draft, send what was asked for.
    ChangeApplication "application.change" for [Clerk] scope Some("applications:write");
    /// See the queue of cases.
    SeeQueue "case.queue" for [Reviewer Lead] scope Some("reviews:read");
    /// Open a case with everything typed in it.
    SeeCase "case.see" for [Reviewer Lead] scope Some("reviews:read");
    /// See an image of a case; each view is logged.
    SeeImage "case.image" for [Reviewer Lead] scope None;
    /// Take a case for a while, alone.
    ClaimCase "case.claim" for [Reviewer Lead] scope Some("reviews:write");
    /// Decide a claimed case.
    DecideCase "case.decide" for [Reviewer Lead] scope Some("reviews:write");
    /// Take one's own decision back within the minute.
    UndoDecision "case.undo" for [Reviewer Lead] scope Some("reviews:write");
    /// Decide again without knowing the first decision; always a person.
    SecondCheck "case.second_check" for [Reviewer Lead] scope None;
    /// Decide where first and second look differ.
    SettleDisagreement "case.settle" for [Lead] scope None;
    /// Give a case to someone else or back to the queue.
    ReassignCase "case.reassign" for [Lead] scope None;
    /// See which promises are at risk and where looks differ.
    SeeBoard "board.see" for [Lead] scope None;
    /// Read a number's state, holds and dates; not its holder.
    SeeNumber "number.see" for [Clerk Lead Agent] scope Some("numbers:read");
    /// See what was sent about a number, by which channel, and what came back; addresses masked.
    SeeNotices "notice.see" for [Lead Agent] scope None;
    /// See what was found changed in the network's register behind our back: numbers, no persons.
    SeeDrift "network.see" for [Administrator] scope None;
    /// Bring numbers and SIMs into stock, reserve, allocate.
    StockNumber "number.stock" for [Administrator] scope Some("numbers:write");
    /// Pause, resume, report loss, replace a SIM, transfer, close, recover for a holder.
    ServeNumber "number.serve" for [Clerk Agent] scope Some("numbers:write");
    /// Set or lift a hold that the holder cannot.
    HoldNumber "number.hold" for [Lead] scope Some("holds:write");
    /// Bring usage events in.
    BringUsage "usage.bring" for [Administrator] scope Some("usage:write");
    /// Tell how far the download of an eSIM profile got; for the SM-DP+ alone.
    NoteEsim "esim.note" for [Administrator] scope Some("esim:write");
    /// Add staff, change roles, lock accounts, make tokens.
    ManageStaff "staff.manage" for [Administrator] scope None;
    /// Change settings, policies and texts.
    ManagePolicy "policy.manage" for [Administrator] scope None;
    /// Read and verify the audit log; it names no person.
    ReadAudit "audit.read" for [Auditor] scope Some("audit:read");
}

impl Action {
    /// Whether the person behind one application may, on that application.
    pub const fn is_for_applicant(self) -> bool {
        matches!(self, Self::SeeApplication | Self::ChangeApplication)
    }

    /// Whether the holder of a number may, on his own numbers and applications.
    pub const fn is_for_holder(self) -> bool {
        matches!(
            self,
            Self::SeeApplication | Self::ChangeApplication | Self::SeeNumber | Self::ServeNumber
        )
    }

    /// Whether it shows a person's name, identity, address or image.
    pub const fn shows_person(self) -> bool {
        matches!(
            self,
            Self::SeeCase
                | Self::SeeImage
                | Self::ClaimCase
                | Self::DecideCase
                | Self::SecondCheck
                | Self::SettleDisagreement
        )
    }

    /// Whether it is part of reviewing, so that who took the application must not.
    pub const fn is_barred_to_taker(self) -> bool {
        self.shows_person() || matches!(self, Self::UndoDecision | Self::ReassignCase)
    }
}
