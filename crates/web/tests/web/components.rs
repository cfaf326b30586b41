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
            assert_eq!(testkit::page::faults(&html), Vec::<String>::new());
        }
    }
}
