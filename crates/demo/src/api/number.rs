//! Numbers to try things with.

use super::{Failed, Shared};
use crate::World;
use axum::Json;
use axum::extract::{Query, State};
use domain::access::Actor;
use domain::msisdn::Msisdn;
use serde::{Deserialize, Serialize};
use service::Error;
use service::number::{NumberStatus, StatusWord};

/// Free numbers named at once unless more are asked for.
const FREE_DEFAULT: usize = 10;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Many {
    limit: Option<usize>,
}

/// A number with its card.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Listed {
    /// As it is dialled here, such as `13800130000`.
    pub(crate) number: String,
    /// E.164 digits.
    pub(crate) msisdn: String,
    pub(crate) iccid: String,
    /// What the registration asks for.
    pub(crate) iccid_last6: String,
    pub(crate) imsi: String,
    /// The state, such as `unregistered`.
    pub(crate) state: &'static str,
    pub(crate) operator_id: i64,
    /// The id of the state's word in the message catalogue.
    #[serde(skip)]
    pub(crate) state_message: String,
}

pub(crate) async fn free(
    State(world): Shared,
    Query(many): Query<Many>,
) -> Result<Json<Vec<Listed>>, Failed> {
    let limit = many.limit.unwrap_or(FREE_DEFAULT);
    Ok(Json(world.free_numbers(limit).await?))
}

pub(crate) async fn examples(State(world): Shared) -> Result<Json<Vec<Listed>>, Failed> {
    Ok(Json(world.example_numbers().await?))
}

impl World {
    /// Up to `limit` numbers whose card waits for a registration that nobody has begun.
    pub(crate) async fn free_numbers(&self, limit: usize) -> Result<Vec<Listed>, Error> {
        let mut free = Vec::new();
        for msisdn in crate::seed::unregistered(self.scale) {
            if free.len() >= limit {
                break;
            }
            let status = self.status(msisdn).await?;
            let is_free = status.word == StatusWord::Unregistered
                && !service::number::is_being_registered(&self.app, msisdn).await?;
            if is_free {
                free.push(self.listed(status));
            }
        }
        Ok(free)
    }

    /// One number of every kind, with its state of this moment.
    pub(crate) async fn example_numbers(&self) -> Result<Vec<Listed>, Error> {
        let mut examples = Vec::new();
        for msisdn in crate::seed::examples(self.scale) {
            examples.push(self.listed(self.status(msisdn).await?));
        }
        Ok(examples)
    }

    async fn status(&self, msisdn: Msisdn) -> Result<NumberStatus, Error> {
        service::number::status(&self.app, &Actor::System, msisdn).await
    }

    fn listed(&self, status: NumberStatus) -> Listed {
        let msisdn = status.msisdn.to_string();
        let record = self.network().record_of_number(&msisdn);
        let iccid = status.iccid.unwrap_or_default();
        let last6 = iccid.chars().skip(iccid.chars().count().saturating_sub(6)).collect();
        Listed {
            number: status.msisdn.national().to_string(),
            msisdn,
            iccid_last6: last6,
            iccid,
            imsi: record.map(|record| record.imsi).unwrap_or_default(),
            state: status.word.code(),
            state_message: status.word.message_id(),
            operator_id: status.operator_id.0,
        }
    }
}
