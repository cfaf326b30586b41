//! The calls there are: one table for the client and for the description.

use serde_json::{Value, json};

/// One call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Make,
    SetNumber,
    SetServices,
    Read,
    Remove,
    Health,
}

const SUBSCRIBER: &str = "/v1/subscribers/{imsi}";

impl Call {
    pub(super) const ALL: [Self; 6] =
        [Self::Make, Self::SetNumber, Self::SetServices, Self::Read, Self::Remove, Self::Health];

    pub(super) const fn method(self) -> &'static str {
        match self {
            Self::Make | Self::SetNumber | Self::SetServices => "PUT",
            Self::Read | Self::Health => "GET",
            Self::Remove => "DELETE",
        }
    }

    fn template(self) -> String {
        match self {
            Self::Make | Self::Read | Self::Remove => SUBSCRIBER.to_owned(),
            Self::SetNumber => format!("{SUBSCRIBER}/msisdn"),
            Self::SetServices => format!("{SUBSCRIBER}/services"),
            Self::Health => "/v1/health".to_owned(),
        }
    }

    pub(super) fn path(self, imsi: &str) -> String {
        self.template().replace("{imsi}", imsi)
    }

    const fn id(self) -> &'static str {
        match self {
            Self::Make => "makeSubscriber",
            Self::SetNumber => "setNumber",
            Self::SetServices => "setServices",
            Self::Read => "readSubscriber",
            Self::Remove => "removeSubscriber",
            Self::Health => "health",
        }
    }

    const fn summary(self) -> &'static str {
        match self {
            Self::Make => {
                "Make sure there is a record; a new one has no number and allows nothing. \
                 Keys replace those it has; without them those stay."
            }
            Self::SetNumber => {
                "Give it the number, which no other record has any more, or take its number away."
            }
            Self::SetServices => {
                "Allow exactly these services; the network that serves the SIM is told at once."
            }
            Self::Read => "The record as it is in force.",
            Self::Remove => "Bar and remove it; a success if there is none.",
            Self::Health => "Whether the register answers, and its time.",
        }
    }

    fn body(self) -> Option<&'static str> {
        match self {
            Self::Make => Some("Make"),
            Self::SetNumber => Some("Number"),
            Self::SetServices => Some("Services"),
            Self::Read | Self::Remove | Self::Health => None,
        }
    }

    fn answers(self) -> Value {
        let json_of = |name: &str| json!({ "application/json": { "schema": reference(name) } });
        let error = json!({ "description": "Refused for good, or 429 and 503: try again later." });
        match self {
            Self::Read => json!({
                "200": { "description": "The record.", "content": json_of("Subscriber") },
                "404": { "description": "There is none." },
                "default": error,
            }),
            Self::Health => json!({
                "200": { "description": "It answers.", "content": json_of("Health") },
                "default": error,
            }),
            _ => json!({ "2XX": { "description": "It is so." }, "default": error }),
        }
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn object(properties: Value) -> Value {
    let required: Vec<&String> =
        properties.as_object().map(|map| map.keys().collect()).unwrap_or_default();
    json!({
        "type": "object", "required": required, "properties": properties,
        "additionalProperties": false,
    })
}

fn schemas() -> Value {
    let key = json!({ "type": "string", "pattern": "^[0-9a-f]{32}$" });
    let is_allowed = json!({ "type": "boolean" });
    let number = json!({ "type": ["string", "null"], "pattern": "^[0-9]{5,15}$" });
    let services = object(json!({
        "voice_out": is_allowed, "voice_in": is_allowed, "sms_out": is_allowed,
        "sms_in": is_allowed, "data": is_allowed, "roaming": is_allowed,
    }));
    let mut make = object(json!({ "keys": object(json!({ "k": key, "opc": key })) }));
    if let Some(make) = make.as_object_mut() {
        make.remove("required");
    }
    json!({
        "Make": make,
        "Number": object(json!({ "msisdn": number })),
        "Services": services,
        "Subscriber": object(json!({
            "imsi": { "type": "string", "pattern": "^[0-9]{6,15}$" },
            "msisdn": number,
            "services": reference("Services"),
        })),
        "Health": object(json!({
            "unix_seconds": { "type": "integer", "format": "int64" },
        })),
    })
}

fn header(name: &str, text: &str) -> Value {
    json!({
        "name": name, "in": "header", "required": true, "description": text,
        "schema": { "type": "string" },
    })
}

fn parameters(call: Call) -> Value {
    let mut all = vec![
        header(super::sign::KEY, "Names the secret."),
        header(super::sign::TIMESTAMP, "Seconds since 1970 (UTC). Refuse what is 300 s off."),
        header(
            super::sign::SIGNATURE,
            "v1= and the HMAC-SHA256, in hexadecimal digits, over method, path, timestamp and the \
             hexadecimal SHA-256 of the body, joined by line feeds.",
        ),
        header(super::sign::IDEMPOTENCY, "The same value is the same request, tried again."),
    ];
    if call != Call::Health {
        all.push(json!({
            "name": "imsi", "in": "path", "required": true,
            "schema": { "type": "string", "pattern": "^[0-9]{6,15}$" },
        }));
    }
    Value::Array(all)
}

/// What we call, as OpenAPI 3.1: for the operator who builds the other side.
pub fn description() -> String {
    let mut paths = serde_json::Map::new();
    for call in Call::ALL {
        let mut operation = json!({
            "operationId": call.id(), "summary": call.summary(),
            "parameters": parameters(call), "responses": call.answers(),
        });
        if let (Some(name), Some(operation)) = (call.body(), operation.as_object_mut()) {
            let content = json!({ "application/json": { "schema": reference(name) } });
            operation.insert("requestBody".into(), json!({ "required": true, "content": content }));
        }
        let path = paths.entry(call.template()).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(call.method().to_ascii_lowercase(), operation);
        }
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Provisioning, as Baohao calls it", "version": "1",
            "description": "Every call may come twice, late and out of order; the same again must \
                succeed. Answers of more than 64 KiB are not read.",
        },
        "paths": paths,
        "components": { "schemas": schemas() },
    });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}
