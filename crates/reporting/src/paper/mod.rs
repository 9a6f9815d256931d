//! Paper: sheets as print-ready PDF, and a notice as a picture, set by typst.
//!
//! A sheet is a template of `sheets/` and its data as one JSON text: what people wrote is data, never markup.
//! Fonts are read once: looked up for every glyph, a notice takes minutes.

mod cards;
mod forms;
mod honours;
mod notice;

use std::path::{Path, PathBuf};

use domain::month::date_title;
use domain::points::Points;
use serde_json::Value;
use typst::foundations::{Bytes, Dict, IntoValue, Smart};
use typst::text::Font;
use typst_as_lib::{TypstAsLibError, TypstEngine, TypstTemplateCollection};
use typst_layout::PagedDocument;

pub use cards::{blank_sheet, household_cards, labels};
pub use forms::{form2, form3, form3_year, form4};
pub(crate) use forms::{form3_rows, form3_year_rows, form4_rows};
pub use honours::honour_roll;
pub use notice::{Paper, loudspeaker, notice, picture};

/// Where Debian and Ubuntu put the fonts of `fonts-noto-cjk`.
const FONT_FOLDERS: [&str; 2] = ["/usr/share/fonts/opentype/noto", "/usr/share/fonts/noto-cjk"];

const FONT_FILES: [&str; 4] =
    ["NotoSerifCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc", "NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"];

const FAMILIES: [&str; 2] = ["Noto Serif CJK SC", "Noto Sans CJK SC"];

const TEMPLATES: [(&str, &str); 10] = [
    ("blank.typ", include_str!("../../sheets/blank.typ")),
    ("card.typ", include_str!("../../sheets/card.typ")),
    ("form2.typ", include_str!("../../sheets/form2.typ")),
    ("form3.typ", include_str!("../../sheets/form3.typ")),
    ("form4.typ", include_str!("../../sheets/form4.typ")),
    ("honours.typ", include_str!("../../sheets/honours.typ")),
    ("labels.typ", include_str!("../../sheets/labels.typ")),
    ("notice.typ", include_str!("../../sheets/notice.typ")),
    ("picture.typ", include_str!("../../sheets/picture.typ")),
    ("sheet.typ", include_str!("../../sheets/sheet.typ")),
];

/// Dots of a picture per point: 1,080 across a page 108 mm wide.
const PICTURE_SCALE: f64 = 1080.0 / (108.0 / 25.4 * 72.0);

/// A sheet: its template and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    template: &'static str,
    /// What it says, every value as it is printed.
    pub data: Value,
}

/// Why a sheet cannot be printed.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// The Chinese fonts are not on this machine.
    #[error("没有中文字体，不能打印：请安装 fonts-noto-cjk（{0} 中没有 NotoSerifCJK-Regular.ttc）")]
    NoFonts(String),
    /// A font file cannot be read.
    #[error("字体 {file} 不能读取：{reason}")]
    Font {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: std::io::Error,
    },
    /// typst refuses the template or its data.
    #[error("排版出错：{0}")]
    Typst(String),
}

/// Prints sheets; holds the fonts.
pub struct Printer {
    engine: TypstEngine<TypstTemplateCollection>,
}

impl Printer {
    /// A printer with this machine's Chinese fonts.
    ///
    /// # Errors
    /// They are not installed.
    pub fn new() -> Result<Self, PaperError> {
        let has_fonts = |folder: &&&str| Path::new(**folder).join(FONT_FILES[0]).is_file();
        let folder = FONT_FOLDERS
            .iter()
            .find(has_fonts)
            .ok_or_else(|| PaperError::NoFonts(FONT_FOLDERS.join("、")))?;
        let mut fonts = Vec::new();
        for name in FONT_FILES {
            let file = Path::new(folder).join(name);
            let bytes =
                std::fs::read(&file).map_err(|reason| PaperError::Font { file: file.clone(), reason })?;
            fonts.extend(
                Font::iter(Bytes::new(bytes)).filter(|font| FAMILIES.contains(&font.info().family.as_str())),
            );
        }
        let engine = TypstEngine::builder()
            .fonts(fonts)
            .with_static_source_file_resolver(TEMPLATES)
            .comemo_evict_max_age(Some(0))
            .build();
        Ok(Self { engine })
    }

    /// A sheet as PDF: the same data give the same bytes.
    ///
    /// # Errors
    /// typst refuses it.
    pub fn pdf(&self, sheet: &Sheet) -> Result<Vec<u8>, PaperError> {
        let document = self.set(sheet)?;
        let options = typst_pdf::PdfOptions {
            ident: Smart::Custom(sheet.template.to_owned()),
            creator: Smart::Custom(Some("jifen".to_owned())),
            timestamp: None,
            tagged: false,
            ..Default::default()
        };
        typst_pdf::pdf(&document, &options).map_err(|errors| described(TypstAsLibError::from(errors)))
    }

    /// The first page of a sheet as PNG.
    ///
    /// # Errors
    /// typst refuses it.
    pub fn png(&self, sheet: &Sheet) -> Result<Vec<u8>, PaperError> {
        let document = self.set(sheet)?;
        let page = document.pages().first().ok_or_else(|| PaperError::Typst("没有内容".to_owned()))?;
        let options = typst_render::RenderOptions {
            pixel_per_pt: typst::utils::Scalar::new(PICTURE_SCALE),
            ..Default::default()
        };
        let picture = typst_render::render(page, &options).encode_png();
        picture.map_err(|error| PaperError::Typst(error.to_string()))
    }

    fn set(&self, sheet: &Sheet) -> Result<PagedDocument, PaperError> {
        let mut inputs = Dict::new();
        inputs.insert("data".into(), sheet.data.to_string().into_value());
        let set = self.engine.compile_with_input::<_, _, PagedDocument>(sheet.template, inputs);
        set.output.map_err(described)
    }
}

fn described(error: TypstAsLibError) -> PaperError {
    let text = match error {
        TypstAsLibError::TypstSource(errors) => {
            errors.iter().map(|one| one.message.to_string()).collect::<Vec<_>>().join("；")
        }
        other => other.to_string(),
    };
    PaperError::Typst(text)
}

/// A QR code as SVG, for data to carry.
fn qr(text: &str) -> String {
    use qrcode::render::svg;
    use qrcode::{EcLevel, QrCode};
    match QrCode::with_error_correction_level(text, EcLevel::M) {
        Ok(code) => code.render::<svg::Color<'_>>().module_dimensions(1, 1).quiet_zone(true).build(),
        // Longer than the largest code: no address of ours is.
        Err(_) => String::new(),
    }
}

/// Points as sheets print them; none is `/`.
fn points(points: Option<Points>) -> String {
    points.map(Points::short).unwrap_or_else(|| "/".to_owned())
}

/// A number as sheets print it; none is empty.
fn number(number: Option<u32>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// `2026年11月8日`, empty for none.
fn date(date: Option<chrono::NaiveDate>) -> String {
    date.map(date_title).unwrap_or_default()
}
