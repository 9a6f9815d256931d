//! Chromium and its driver, for as long as a test lasts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::people::PASSWORD;
use crate::support::{Folder, path};

/// A phone held upright, in CSS pixels.
pub const PHONE: (u32, u32) = (390, 844);

/// A screen on a desk.
pub const SCREEN: (u32, u32) = (1440, 900);

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// The driver's process.
pub struct Driver {
    process: Child,
    address: String,
}

impl Driver {
    /// Starts the driver on a free port.
    pub fn start() -> Self {
        let mut process = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver, which ./deploy/test installs");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let port = loop {
            let line = lines.next().expect("the port").expect("a line");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // What it says later is nobody's business, and a full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address: format!("http://127.0.0.1:{port}") }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// A browser window.
pub struct Browser {
    client: Client,
    base: String,
    driver: String,
    profile: Option<Folder>,
}

impl Browser {
    /// Opens a window of a size on the pages at an address, with a profile of its own.
    pub async fn open(driver: &Driver, pages: &str, size: (u32, u32)) -> Self {
        Self::with_profile(driver, pages, size, Folder::new()).await
    }

    /// Opens a window on a profile that was used before.
    pub async fn with_profile(
        driver: &Driver,
        pages: &str,
        (width, height): (u32, u32),
        profile: Folder,
    ) -> Self {
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--hide-scrollbars".to_owned(),
            // Tabler scrolls smoothly, and a click would meet a page that still moves.
            "--force-prefers-reduced-motion".to_owned(),
            "--lang=zh-CN".to_owned(),
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}", path(&profile.0)),
        ];
        let mut options = json!({ "args": arguments });
        // Windows cannot be narrower than 500 px; a phone is emulated as developers' tools do it.
        if width < 500 {
            let metrics = json!({ "width": width, "height": height, "pixelRatio": 1.0, "touch": true });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let logging = json!({ "browser": "ALL" });
        let Value::Object(capabilities) =
            json!({ "goog:chromeOptions": options, "goog:loggingPrefs": logging })
        else {
            unreachable!()
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.address)
            .await
            .expect("a browser");
        let driver = driver.address.trim_start_matches("http://").to_owned();
        Self { client, base: format!("http://{pages}"), driver, profile: Some(profile) }
    }

    /// Goes to a page of ours.
    pub async fn goto(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base)).await.expect("a page");
    }

    /// Logs in as somebody, and comes to the first page.
    pub async fn log_in(&self, login: &str) {
        self.goto("/login").await;
        self.fill("input[name=login]", login).await;
        self.fill("input[name=password]", PASSWORD).await;
        self.click("form[action='/login'] button").await;
        self.find("header.bar, header.top").await;
    }

    /// The element of a selector, once it is there.
    pub async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{css}: {error}\n{}", self.text("body").await),
        }
    }

    /// How many elements a selector finds now.
    pub async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.expect("elements").len()
    }

    /// Clicks an element once it is there. Where the page drew itself anew between the look and the click, it looks again.
    pub async fn click(&self, css: &str) {
        loop {
            match self.find(css).await.click().await {
                Err(error) if error.is_stale_element_reference() => {}
                clicked => return clicked.expect("a click"),
            }
        }
    }

    /// Clicks the first link or button with a text.
    pub async fn press(&self, text: &str) {
        let path =
            format!("//*[self::a or self::button or self::summary][contains(normalize-space(.), '{text}')]");
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(&path)).await;
        match found {
            Ok(element) => element.click().await.expect("a click"),
            Err(error) => panic!("{text}: {error}\n{}", self.text("body").await),
        }
    }

    /// Puts a text into a field, instead of what stood there.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.expect("an empty field");
        field.send_keys(text).await.expect("a text");
    }

    /// Sets the value of a field as a script does: for dates, whose keys depend on the language.
    pub async fn set(&self, css: &str, value: &str) {
        self.find(css).await;
        let script = "document.querySelector(arguments[0]).value = arguments[1]";
        self.client.execute(script, vec![json!(css), json!(value)]).await.expect("a value");
    }

    /// Chooses an option by its value.
    pub async fn choose(&self, css: &str, value: &str) {
        self.find(css).await.select_by_value(value).await.expect("an option");
    }

    /// The visible text of an element.
    pub async fn text(&self, css: &str) -> String {
        match self.client.find(Locator::Css(css)).await {
            Ok(element) => element.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Waits until the page shows a text.
    pub async fn shows(&self, text: &str) {
        let path = format!("//body[contains(normalize-space(.), '{text}')]");
        if self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(&path)).await.is_err() {
            panic!("{text} is not on the page:\n{}", self.text("body").await);
        }
    }

    /// Where the window is, below the address of our pages.
    pub async fn address(&self) -> String {
        let url = self.client.current_url().await.expect("an address");
        url.as_str().strip_prefix(&self.base).unwrap_or(url.as_str()).to_owned()
    }

    /// What a script returns.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.expect("a result")
    }

    /// What a script hands to the callback that is its last argument.
    pub async fn run_async(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute_async(script, arguments).await.expect("a result")
    }

    /// The errors that pages told the console since this was last asked.
    pub async fn complaints(&self) -> Vec<String> {
        let session = self.client.session_id().await.expect("a session").expect("its number");
        let body = r#"{"type":"browser"}"#;
        let mut stream = TcpStream::connect(&self.driver).expect("the driver");
        let (host, length) = (&self.driver, body.len());
        write!(
            stream,
            "POST /session/{session}/se/log HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .expect("sent");
        // The driver keeps the connection open: the answer ends where its length says.
        let mut reader = BufReader::new(stream);
        let (mut line, mut length) = (String::new(), 0);
        while reader.read_line(&mut line).expect("a line") > 2 {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            line.clear();
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).expect("the log");
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        let entries = answer["value"].as_array().cloned().unwrap_or_default();
        let errors = entries.iter().filter(|one| one["level"] == "SEVERE");
        errors.filter_map(|one| one["message"].as_str().map(str::to_owned)).collect()
    }

    /// A picture of the whole page, as wide as the window.
    pub async fn picture(&self) -> Vec<u8> {
        self.client.screenshot().await.expect("a picture")
    }

    /// Closes the window. Returns its profile, with what pages keep in it.
    pub async fn close(mut self) -> Folder {
        let profile = self.profile.take();
        self.client.close().await.expect("closed");
        profile.expect("a profile")
    }
}
