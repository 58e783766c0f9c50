//! A page of Markdown: its links, and its headings as link targets.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests have a workspace").to_owned()
}

/// What a page has that concerns links.
#[derive(Debug, Default)]
pub struct Page {
    /// The destinations of its links and images, as they are written.
    pub links: Vec<String>,
    /// The names of its headings, as GitHub and mdBook make them.
    pub anchors: HashSet<String>,
}

impl Page {
    pub fn read(path: &Path) -> Self {
        Self::parse(&fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    pub fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut heading = None;
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => page.add_heading(&heading.take().unwrap_or_default()),
                Event::Text(part) | Event::Code(part) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&part);
                    }
                }
                _ => {}
            }
        }
        page
    }

    /// Names a heading; of two that read the same, the second is `…-1`.
    fn add_heading(&mut self, heading: &str) {
        let words = heading.trim().to_lowercase();
        let kept = words.chars().filter(|kept| kept.is_alphanumeric() || matches!(kept, ' ' | '-' | '_'));
        let name: String = kept.map(|kept| if kept == ' ' { '-' } else { kept }).collect();
        let others = (1..).map(|number| format!("{name}-{number}"));
        let free = std::iter::once(name.clone()).chain(others).find(|name| !self.anchors.contains(name));
        self.anchors.extend(free);
    }
}

/// Lists every Markdown file under `folder`, but for what is built and what is hidden; `.github` is neither.
pub fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the repository can be read") {
        let path = entry.expect("a folder of the repository can be read").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name == "target" || (name.starts_with('.') && name != ".github") {
            continue;
        }
        if path.is_dir() {
            found.extend(pages(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}
