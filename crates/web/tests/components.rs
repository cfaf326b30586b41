//! Every component × language × size is written, and written soundly.

use domain::time::At;
use http_body_util::BodyExt as _;
use web::shell::{Shell, Size};
use words::Lang;

#[tokio::test]
async fn every_component_is_written_in_both_languages_and_all_sizes() {
    for lang in Lang::ALL {
        for size in Size::ALL {
            let shell = Shell::sample(lang, size, At::from_millis(1_804_816_800_000));
            let response = web::patterns::write(&shell);
            assert_eq!(response.status(), 200);
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let html = String::from_utf8(body.to_vec()).unwrap();
            if let Ok(folder) = std::env::var("BAOHAO_PAGES") {
                let path = format!("{folder}/patterns-{}-{}.html", lang.code(), size.code());
                std::fs::write(path, &html).unwrap();
            }
            sound(&html);
        }
    }
}

/// What a machine can see: balanced tags, unique ids, labels and descriptions that exist.
fn sound(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut ids = std::collections::BTreeSet::new();
    let mut pointed = Vec::new();
    for part in html.split('<').skip(1) {
        let (tag, _) = part.split_once('>').expect("a tag ends");
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().expect("a name");
        if let Some(end) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(end), "unbalanced near <{part}");
        } else if !is_void(name) && !tag.ends_with('/') && !name.starts_with('!') {
            open.push(name);
        }
        if let Some(id) = attribute(tag, "id") {
            assert!(ids.insert(id), "the id {id} appears twice");
        }
        for pointer in ["for", "aria-describedby"] {
            pointed.extend(attribute(tag, pointer).iter().flat_map(|ids| ids.split_whitespace()));
        }
        assert!(attribute(tag, "style").is_none(), "inline style in <{tag}>");
        assert!(!tag.contains(" on"), "inline handler in <{tag}>");
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    for id in pointed {
        assert!(ids.contains(id), "nothing has the id {id}");
    }
}

fn is_void(name: &str) -> bool {
    matches!(name, "meta" | "link" | "input" | "br" | "hr" | "img")
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag.get(start..)?.split('"').next()
}
