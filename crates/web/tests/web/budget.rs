//! Pages stay light: sizes after what a phone abroad can load.

use web::shell::assets;

/// One sheet.
const CSS_BYTES_MAX: usize = 20 * 1024;
/// All modules together, compressed; counted here uncompressed, which is stricter.
const JS_BYTES_MAX: usize = 25 * 1024;

#[test]
fn the_sheet_and_the_modules_are_small() {
    let size = |suffix: &str| -> usize {
        let of_kind = assets::ALL.iter().filter(|asset| asset.url().ends_with(suffix));
        of_kind.map(|asset| asset.content().len()).sum()
    };
    assert!(size(".css") <= CSS_BYTES_MAX, "{} bytes of CSS", size(".css"));
    assert!(size(".js") <= JS_BYTES_MAX, "{} bytes of JavaScript", size(".js"));
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    for asset in assets::ALL {
        let content = asset.content().replace("http://www.w3.org/2000/svg", "");
        for outside in ["http://", "https://", "@import", "url("] {
            assert!(!content.contains(outside), "{} has {outside}", asset.url());
        }
    }
}
