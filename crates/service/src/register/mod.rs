//! Registering online: from the first page to the answer.
//!
//! [`start`] makes a draft with a reference; a contact is proven by a code ([`send_code`],
//! [`confirm`]), by which it can also be taken up again on another device ([`send_resume_code`],
//! [`resume`]). Every page saves what was typed, right or wrong ([`save`]), and [`open`] says what
//! is missing. [`submit`] sends it: one application, however often it is pressed. From then on
//! [`stage`] moves it by [`domain::application::decide`], with its story, its audit entry, its
//! notices and jobs in one batch.

mod appeal;
mod authority;
mod check;
mod contact;
mod draw;
mod face;
mod intake;
mod list;
mod live;
mod load;
mod outside;
mod part;
mod photo;
mod read;
mod receive;
mod redo;
mod save;
mod stage;
mod start;
mod status;
mod submit;
mod timer;
mod view;

pub use appeal::{appeal, ask_person};
pub(crate) use authority::sweep_authority;
pub use check::run_checks;
pub use contact::{
    Addressed, ContactRefusal, confirm, resume, send_code, send_code_again, send_resume_code,
    set_reach,
};
pub use draw::run_draw;
pub(crate) use face::{FACES, face_on, face_view};
pub use face::{FaceView, Pair, faces, run_faces};
pub(crate) use intake::Intake;
pub use list::{Listed, list};
pub use live::{FRAME_BYTES_MAX, LiveResult, LiveTask, begin_live, finish_live, may_live};
pub(crate) use load::complete;
pub use load::{Loaded, load};
pub use outside::{Answered, WholeApplication, submit_whole};
pub(crate) use part::sweep_parts;
pub use part::{PART_BYTES, PartRefusal, Whole, join, parts, put_part};
pub use photo::{PhotoStage, Uploaded, keep_earlier, photo, photo_part, send_anyway, upload};
pub use read::{FieldSeen, PhotoSeen, ReadView, readings, run_read};
pub(crate) use read::{READ, read_view};
pub use receive::{receive, take_photos};
pub use redo::RedoView;
pub use save::{Change, IdentityFields, Purpose, save, save_consents};
pub(crate) use stage::{CHECK, DRAFT, TIMER};
pub use stage::{Staged, stage, stage_marked};
pub(crate) use stage::{preview, stage_for_party};
pub use start::{Begin, Begun, check_card, check_pair, start, start_esim};
pub use status::{
    Can, PublicStatus, Status, StatusKey, TimelineStep, public_status, sentence, status, tag,
};
pub use submit::{Submitted, reopen, submit, withdraw};
pub use timer::{recount, run_ready, run_timer, warn_of_draft};
pub use view::{ContactView, PhotoView, SectionState, SectionView, View, open};

/// The version of the texts of the consents that are shown at present.
pub const CONSENT_TEXT_VERSION: i64 = 1;
/// The version of the text by which a portrait also goes to an authority; who agreed to an earlier
/// one did not agree to that.
pub const PORTRAIT_SHOWN_TEXT_VERSION: i64 = 2;
