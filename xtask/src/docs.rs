//! Documents made from the code, so that they cannot be out of step with it.

use std::path::Path;

/// Writes `docs/generated/*`; returns the names.
pub(crate) fn write(root: &Path) -> std::io::Result<Vec<String>> {
    let folder = root.join("docs/generated");
    std::fs::create_dir_all(&folder)?;
    let mut names = Vec::new();
    for (name, text) in domain::generated(&policy(root)) {
        std::fs::write(folder.join(name), text)?;
        names.push(name.to_owned());
    }
    Ok(names)
}

/// The policy under which the documents are made.
fn policy(root: &Path) -> domain::policy::Policy {
    let text = crate::files::read(root, "policies/cn.toml");
    toml::from_str(&text).expect("the pack `cn` is a policy")
}

#[cfg(test)]
mod tests {
    #[test]
    fn generated_documents_are_as_the_code_says() {
        let folder = crate::root().join("docs/generated");
        for (name, text) in domain::generated(&super::policy(&crate::root())) {
            let kept = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
            assert_eq!(kept, text, "docs/generated/{name} is stale: run `cargo xtask docs`");
        }
    }
}
