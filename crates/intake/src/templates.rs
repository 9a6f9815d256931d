//! Files to start from (样表): the headings of a kind with rows that show how they are filled in.

use crate::columns::Column;

/// A village with its town and groups, under a code that no county has.
const DIVISIONS: &[[&str; 4]] = &[
    ["990102000000", "", "县", "样例县"],
    ["990102100000", "990102000000", "镇", "样例镇"],
    ["990102100201", "990102100000", "村", "样例村"],
    ["990102100201001", "990102100201", "村小组", "一组"],
];

/// A panel of two; one row is enough to name its groups.
const PANELS: &[[&str; 6]] = &[
    ["990102100201", "第一评分组", "样例甲", "村干部", "是", "990102100201001"],
    ["990102100201", "第一评分组", "样例乙", "村民代表", "否", ""],
];

/// The county document's own list, which a county starts from.
const CATALOGUE: &str = include_str!("../../../config/catalogue/default.csv");

/// The file to start from for `divisions`, `panels` and `catalogue`; none for another name.
pub fn template(kind: &str) -> Option<String> {
    match kind {
        "divisions" => Some(text(crate::divisions::COLUMNS, DIVISIONS)),
        "panels" => Some(text(crate::panels::COLUMNS, PANELS)),
        "catalogue" => Some(CATALOGUE.to_owned()),
        _ => None,
    }
}

fn text<const N: usize>(columns: &[Column], rows: &[[&str; N]]) -> String {
    let headings: Vec<&str> = columns.iter().map(Column::heading).collect();
    let mut lines = vec![headings.join(",")];
    lines.extend(rows.iter().map(|row| row.join(",")));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{rows, table};

    fn read(kind: &str) -> crate::table::Table {
        table(&template(kind).expect("a template"))
    }

    #[test]
    fn every_template_is_read_without_a_problem() {
        assert_eq!(rows(crate::divisions(&read("divisions")).expect("a header")).len(), DIVISIONS.len());
        assert_eq!(rows(crate::panels(&read("panels")).expect("a header")).len(), PANELS.len());
        let items = crate::catalogue(&read("catalogue")).expect("a header");
        assert!(crate::assemble_catalogue(&items.rows).is_ok());
        assert_eq!(template("corrections"), None);
    }
}
