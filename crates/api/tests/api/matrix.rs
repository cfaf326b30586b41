//! Every route, as the description lists them: without a token, without the scope, as another
//! operator, and as it should be.

use crate::common::{TestApi, multipart, request};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use domain::access::Actor;
use domain::id::OperatorId;
use domain::pool::Pool;
use serde_json::{Value, json};
use service::number::put_pool;
use std::collections::BTreeSet;
use testkit::on_both_engines;

struct Route {
    method: Method,
    path: String,
    scopes: BTreeSet<String>,
}

/// All routes of the description.
fn routes() -> Vec<Route> {
    let description: Value = serde_json::from_str(&api::openapi::json()).unwrap();
    let mut routes = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            let ways = operation["security"].as_array().unwrap();
            let scopes = ways.iter().flat_map(|way| way["token"].as_array().unwrap());
            let scopes = scopes.map(|scope| scope.as_str().unwrap().to_owned()).collect();
            routes.push(Route { method, path: path.clone(), scopes });
        }
    }
    routes
}

/// Things of one operator that stand in for the parameters of the paths.
struct Things {
    msisdn: String,
    iccid: String,
    spare_iccid: String,
    application: String,
    pool: String,
}

/// A pool of the operator, far from its other numbers.
async fn pool(api: &TestApi, operator: i64) -> String {
    let name = format!("pool-{operator}");
    let ranges = vec!["13900000000-13900000099".parse().unwrap()];
    let pool = Pool { name: name.clone(), is_open: true, ranges };
    put_pool(&api.app, &Actor::System, OperatorId(operator), &pool).await.unwrap();
    name
}

impl Things {
    async fn of(api: &TestApi, operator: i64) -> Self {
        let msisdn = api.active_number(operator, 1).await;
        let person = 100 + u16::try_from(operator).unwrap();
        let (drafted, _, _) = api.app.submitted(operator, person).await;
        Self {
            msisdn,
            iccid: api.sim(operator, 2).await,
            spare_iccid: api.sim(operator, 3).await,
            application: drafted.id.to_string(),
            pool: pool(api, operator).await,
        }
    }

    fn request(&self, route: &Route, token: &str, own: &Things) -> Request<Body> {
        let path = route
            .path
            .replace("{msisdn}", &self.msisdn)
            .replace("{iccid}", &self.iccid)
            .replace("{kind}", "loss")
            .replace("{name}", &self.pool)
            .replace("{id}", &self.application);
        assert!(!path.contains('{'), "{path} needs a sample");
        let is_multipart = ["/applications", "/answer"].iter().any(|end| path.ends_with(end));
        if is_multipart && route.method == Method::POST {
            return multipart(token, &path, &json!({}), &[]);
        }
        let body = match path.rsplit('/').next().unwrap() {
            _ if path.contains("/pools/") && route.method == Method::PUT => Some(json!({
                "is_open": true,
                "ranges": [{ "first": "13900000000", "last": "13900000099" }],
            })),
            "numbers" => Some(json!({ "numbers": ["13700137000"] })),
            "sims" => Some(json!({ "sims": [] })),
            "holds" => Some(json!({ "kind": "fraud" })),
            "reserve" => Some(json!({ "until": "2026-03-12T00:00:00Z" })),
            "allocate" | "replace-sim" | "recover" => Some(json!({ "iccid": own.spare_iccid })),
            "transfer" => Some(json!({ "party_id": "pty_0190000000007000800000000000002a" })),
            "top-up" => Some(json!({ "key": "k", "minor": 1 })),
            "decision" if route.method == Method::POST => {
                Some(json!({ "verdict": "approve", "marks": [], "stamp": "x" }))
            }
            "appeal" => Some(json!({ "text": "please" })),
            "extend" => Some(json!({ "key": "k" })),
            _ => None,
        };
        let mut sent = request(route.method.clone(), token, &path, body.as_ref());
        if path.ends_with("/usage") {
            *sent.body_mut() = Body::from("msisdn,kind,instant\n");
            sent.headers_mut().insert("content-type", "text/csv".parse().unwrap());
        }
        sent
    }
}

on_both_engines! {
    async fn no_route_answers_without_a_token_or_its_scope(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let own = Things::of(&api, 1).await;
        let known: BTreeSet<&str> = service::token::scopes();
        for route in routes() {
            let name = format!("{} {}", route.method, route.path);
            assert!(!route.scopes.is_empty(), "{name} names no scope");
            let bare = api.send(own.request(&route, "", &own)).await;
            assert_eq!(bare.status, StatusCode::UNAUTHORIZED, "{name}");
            assert_eq!(bare.code(), "api.token_missing", "{name}");
            let others: Vec<&str> =
                known.iter().copied().filter(|scope| !route.scopes.contains(*scope)).collect();
            let token = api.token(1, &others).await;
            let reply = api.send(own.request(&route, &token, &own)).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{name}");
            assert_eq!(reply.code(), "api.scope_missing", "{name}");
        }
    }

    /// Another operator's things do not exist, whatever is asked of them.
    async fn another_operators_things_are_not_found(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let (theirs, own) = (Things::of(&api, 1).await, Things::of(&api, 2).await);
        let token = api.full_token(2).await;
        let mut asked = 0;
        for route in routes().iter().filter(|route| route.path.contains('{')) {
            let name = format!("{} {}", route.method, route.path);
            // A name is each operator's own: whoever puts a pool makes one of his.
            if route.method == Method::PUT && route.path.ends_with("/pools/{name}") {
                continue;
            }
            let reply = api.send(theirs.request(route, &token, &own)).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{name}");
            assert_eq!(reply.code(), "api.not_found", "{name}");
            asked += 1;
        }
        assert!(asked > 15);
        // And lists show one's own only.
        for (path, field, id) in
            [
                ("numbers", "msisdn", &theirs.msisdn),
                ("sims", "iccid", &theirs.iccid),
                ("applications", "id", &theirs.application),
                ("reviews", "application_id", &theirs.application),
            ]
        {
            let all = api.get(&token, &format!("/api/v1/{path}?limit=200")).await.body;
            let items = all["items"].as_array().unwrap();
            assert!(!items.is_empty());
            assert!(items.iter().all(|item| item[field] != **id), "{path}");
        }
        let their_token = api.full_token(1).await;
        let path = format!("/api/v1/numbers/{}", theirs.msisdn);
        assert_eq!(api.get(&their_token, &path).await.body["holds"], json!([]));
    }

    /// The description names no route that is not there.
    async fn every_described_route_is_there(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        let own = Things::of(&api, 1).await;
        for route in routes() {
            let reply = api.send(own.request(&route, &token, &own)).await;
            let name = format!("{} {}: {:?}", route.method, route.path, reply);
            assert_ne!(reply.status, StatusCode::NOT_FOUND, "{name}");
            assert_ne!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{name}");
            assert!(!reply.status.is_server_error(), "{name}");
        }
    }
}
