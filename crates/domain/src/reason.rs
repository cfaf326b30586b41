//! The one catalogue of reasons why something must be redone or was not approved.
//!
//! Machine, reviewer and subscriber use the same closed set. The words are the messages
//! `reason-d1` (what is wrong, short enough for a text message) and `reason-d1-fix` (what to do).
//! Staff-only reasons (S1–S4) never reach the subscriber: [`Reason::public`] replaces them by the
//! neutral E9, because a forger must not learn what gave him away and a listed person must hear of
//! it by the lawful way.

use serde::{Deserialize, Serialize};

/// What the applicant can do after this reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Redo that item only; everything else stays.
    RedoItem,
    /// A new application, with the data carried over.
    NewApplication,
    /// Appeal, or come to an outlet with the original.
    AppealOrOutlet,
    /// Nothing: the fault is ours.
    Nothing,
}

/// One part of an application that can be looked at, judged and redone by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// The number and the last six digits of the card.
    Sim,
    /// The name as typed.
    Name,
    /// The document number and the dates typed with it.
    DocumentNumber,
    /// Portrait side or data page.
    DocumentFront,
    /// Emblem side.
    DocumentBack,
    /// The live portrait.
    Portrait,
    /// The household register or the guardian's own document.
    GuardianPapers,
    /// The stamped letter of a company.
    CompanyPapers,
    /// The document of the person who acts for a company.
    HandlerDocument,
}

impl Item {
    /// Every item, in the order of the pages.
    pub const ALL: [Self; 9] = [
        Self::Sim,
        Self::Name,
        Self::DocumentNumber,
        Self::DocumentFront,
        Self::DocumentBack,
        Self::Portrait,
        Self::GuardianPapers,
        Self::CompanyPapers,
        Self::HandlerDocument,
    ];

    /// The stable word in forms, the database and the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sim => "sim",
            Self::Name => "name",
            Self::DocumentNumber => "document_number",
            Self::DocumentFront => "document_front",
            Self::DocumentBack => "document_back",
            Self::Portrait => "portrait",
            Self::GuardianPapers => "guardian_papers",
            Self::CompanyPapers => "company_papers",
            Self::HandlerDocument => "handler_document",
        }
    }

    /// The item of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|item| item.code() == code)
    }

    /// Whether the item is an image.
    pub const fn is_image(self) -> bool {
        match self {
            Self::DocumentFront
            | Self::DocumentBack
            | Self::Portrait
            | Self::GuardianPapers
            | Self::CompanyPapers
            | Self::HandlerDocument => true,
            Self::Sim | Self::Name | Self::DocumentNumber => false,
        }
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $code:ident $retry:ident [$($item:ident),*];)*) => {
        /// Why; see the module. `D` document, `P` portrait, `M` match, `G` guardian, `B` business,
        /// `F` file, `E` eligibility, `T` technical, `S` staff only.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum Reason {
            $($(#[$doc])* $code,)*
        }

        impl Reason {
            /// Every reason, in catalogue order.
            pub const ALL: &'static [Self] = &[$(Self::$code),*];

            /// The stable code, such as `D1`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$code => stringify!($code),)* }
            }

            /// What the applicant can do about it.
            pub const fn retry(self) -> Retry {
                match self { $(Self::$code => Retry::$retry,)* }
            }

            /// The items this reason can be said of; empty if it concerns the whole application.
            pub const fn items(self) -> &'static [Item] {
                match self { $(Self::$code => &[$(Item::$item),*],)* }
            }
        }
    };
}

reasons! {
    /// The photo of the document is blurry.
    D1 RedoItem [DocumentFront, DocumentBack, GuardianPapers, CompanyPapers, HandlerDocument];
    /// Glare on the document.
    D2 RedoItem [DocumentFront, DocumentBack, GuardianPapers, CompanyPapers, HandlerDocument];
    /// Corners are cut off.
    D3 RedoItem [DocumentFront, DocumentBack, GuardianPapers, CompanyPapers, HandlerDocument];
    /// Something covers the document.
    D4 RedoItem [DocumentFront, DocumentBack, GuardianPapers, CompanyPapers, HandlerDocument];
    /// Too dark.
    D5 RedoItem [DocumentFront, DocumentBack, GuardianPapers, CompanyPapers, HandlerDocument];
    /// The wrong side, or the same side twice.
    D6 RedoItem [DocumentFront, DocumentBack];
    /// A copy or a screen, not the original.
    D7 RedoItem [DocumentFront, DocumentBack, GuardianPapers, CompanyPapers, HandlerDocument];
    /// The document has expired.
    D8 NewApplication [];
    /// The operator does not accept this document.
    D9 NewApplication [];
    /// The document is too damaged to read.
    D10 NewApplication [];
    /// The portrait is not clear.
    P1 RedoItem [Portrait];
    /// The face is covered.
    P2 RedoItem [Portrait];
    /// More than one person.
    P3 RedoItem [Portrait];
    /// Not a recent live photo.
    P4 RedoItem [Portrait];
    /// The name differs from the document.
    M1 RedoItem [Name];
    /// The number differs from the document.
    M2 RedoItem [DocumentNumber];
    /// Portrait and document photo differ.
    M3 RedoItem [Portrait];
    /// Number and card do not belong together.
    M4 RedoItem [Sim];
    /// Guardian papers are missing.
    G1 RedoItem [GuardianPapers];
    /// The company's authority or stamp is missing.
    B1 RedoItem [CompanyPapers];
    /// The file of the photo cannot be read.
    F1 RedoItem [
        DocumentFront, DocumentBack, Portrait, GuardianPapers, CompanyPapers, HandlerDocument
    ];
    /// The age rule is not met.
    E1 NewApplication [];
    /// The person has as many numbers as allowed.
    E2 NewApplication [];
    /// What was asked for did not come in time.
    E3 NewApplication [];
    /// The safety check was not passed; the neutral line for every staff-only reason.
    E9 AppealOrOutlet [];
    /// Our technical problem.
    T1 Nothing [];
    /// On a sanctions list (Anti-Telecom-Fraud Law art. 31).
    S1 AppealOrOutlet [];
    /// The document looks forged (Order 25 art. 10).
    S2 AppealOrOutlet [];
    /// The document belongs to someone else (Order 25 art. 10).
    S3 AppealOrOutlet [];
    /// Signs of agency or resale of cards (Anti-Telecom-Fraud Law art. 31).
    S4 AppealOrOutlet [];
}

impl Reason {
    /// The reason of a code such as `D1`.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.code() == code)
    }

    /// Whether only staff may see it.
    pub const fn is_staff_only(self) -> bool {
        matches!(self, Self::S1 | Self::S2 | Self::S3 | Self::S4)
    }

    /// What the subscriber is told: itself, or E9 for a staff-only reason.
    pub const fn public(self) -> Self {
        if self.is_staff_only() { Self::E9 } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip_and_staff_only_reasons_never_leave() {
        for &reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(reason));
            assert!(!reason.public().is_staff_only());
            assert_eq!(reason.public() == reason, !reason.is_staff_only());
        }
        for item in Item::ALL {
            assert_eq!(Item::from_code(item.code()), Some(item));
        }
    }

    #[test]
    fn only_reasons_that_name_an_item_can_be_redone() {
        for &reason in Reason::ALL {
            let redo = reason.retry() == Retry::RedoItem;
            assert_eq!(redo, !reason.items().is_empty(), "{}", reason.code());
        }
    }
}
