//! What a machine can see of a page: sound mark-up, nothing from elsewhere, within the budget.

use std::collections::BTreeSet;

/// What a page may weigh before compression (product budget for a line of 50 kbit/s).
const PAGE_BYTES_MAX: usize = 30 * 1024;

/// Everything wrong with the page; empty if it is sound.
pub fn faults(html: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if html.len() > PAGE_BYTES_MAX {
        faults.push(format!("{} bytes", html.len()));
    }
    let mut open: Vec<&str> = Vec::new();
    let (mut ids, mut pointed) = (BTreeSet::new(), Vec::new());
    for part in html.split('<').skip(1) {
        let Some((tag, _)) = part.split_once('>') else {
            faults.push(format!("a tag does not end: {part}"));
            continue;
        };
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or("");
        if let Some(end) = tag.strip_prefix('/') {
            if open.pop() != Some(end) {
                faults.push(format!("unbalanced: </{end}>"));
            }
        } else if !is_void(name) && !tag.ends_with('/') && !name.starts_with('!') {
            open.push(name);
        }
        if let Some(id) = attribute(tag, "id")
            && !ids.insert(id)
        {
            faults.push(format!("the id {id} appears twice"));
        }
        for pointer in ["for", "aria-describedby", "aria-labelledby"] {
            pointed.extend(attribute(tag, pointer).unwrap_or("").split_whitespace());
        }
        faults.extend(forbidden(name, tag));
    }
    faults.extend(open.iter().map(|name| format!("<{name}> never ends")));
    let lost = pointed.into_iter().filter(|id| !ids.contains(id));
    faults.extend(lost.map(|id| format!("nothing has the id {id}")));
    faults
}

/// What the content security policy forbids, and what loads from another origin.
fn forbidden(name: &str, tag: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if attribute(tag, "style").is_some() || name == "style" {
        faults.push(format!("inline style in <{tag}>"));
    }
    let is_handler = |part: &str| part.starts_with("on") && part.contains("=\"");
    if tag.split_whitespace().skip(1).any(is_handler) {
        faults.push(format!("inline handler in <{tag}>"));
    }
    for source in ["src", "action", "formaction"] {
        if attribute(tag, source).is_some_and(|to| to.contains("//")) {
            faults.push(format!("from elsewhere: <{tag}>"));
        }
    }
    if name == "link" && attribute(tag, "href").is_some_and(|to| to.contains("//")) {
        faults.push(format!("from elsewhere: <{tag}>"));
    }
    if name == "img" && attribute(tag, "alt").is_none() {
        faults.push(format!("no alternative: <{tag}>"));
    }
    faults
}

fn is_void(name: &str) -> bool {
    matches!(name, "meta" | "link" | "input" | "br" | "hr" | "img" | "source" | "wbr")
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag.get(start..)?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_found() {
        assert!(faults("<p id=\"a\"><label for=\"a\">x</label><br></p>").is_empty());
        for (html, fault) in [
            ("<p>", "<p> never ends"),
            ("<p></div>", "unbalanced: </div>"),
            ("<b id=\"a\"></b><b id=\"a\"></b>", "the id a appears twice"),
            ("<label for=\"b\"></label>", "nothing has the id b"),
            ("<p style=\"x\"></p>", "inline style in <p style=\"x\">"),
            ("<p onclick=\"x\"></p>", "inline handler in <p onclick=\"x\">"),
            ("<img alt=\"\" src=\"//x\">", "from elsewhere: <img alt=\"\" src=\"//x\">"),
            ("<img src=\"/x\">", "no alternative: <img src=\"/x\">"),
        ] {
            assert_eq!(faults(html), [fault], "{html}");
        }
    }
}
