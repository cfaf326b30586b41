//! tmp
mod webdriver;
use webdriver::*;
#[test]
fn smoke() {
    let d = Driver::start().unwrap();
    std::fs::write("/tmp/x.html", "<!doctype html><meta name=viewport content='width=device-width'><title>t</title><noscript><p id=n>nojs</p></noscript><script>document.title='js'</script><form action=x.html><input name=a><input type=file name=f><button>go</button></form>").unwrap();
    for js in [true, false] {
        let dir = format!("/tmp/prof{js}");
        let p = d.open(
            Window { width: 360, height: 800, has_scripts: js, language: "zh-CN" },
            std::path::Path::new(&dir),
        );
        p.go("file:///tmp/x.html");
        println!("{} {} {}", p.title(), p.has("#n"), p.text("body"));
        p.fill("input[name=a]", "李·明𠮷");
        p.type_into("input[name=f]", "/tmp/x.html");
        p.click("button");
        println!("{}", p.url());
        p.screenshot(std::path::Path::new("/tmp/shot.png"));
        println!("{}", p.run("return [innerWidth, navigator.language]"));
    }
}
