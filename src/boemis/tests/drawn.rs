//! Shapes: three columns of one value, in both engines.

use super::*;
use crate::geometry::{Crs, Limits, wkt};
use crate::schema::Shapes;
use std::sync::Arc;

const SQUARE: &str = "POLYGON((400000 4480000,401000 4480000,401000 4481000.50,400000 4481000,400000 4480000))";

pub(super) fn plots() -> Datasets {
    let code =
        crate::schema::Text { form: crate::schema::TextForm::Pattern("[A-Z0-9-]+".parse().unwrap(), 20), key: true };
    let mut plots = dataset("plots", YearRule::Sum, &[]);
    plots.periods = PeriodKinds::None;
    plots.total = TotalRule::None;
    plots.columns = vec![
        column("code", ColumnKind::Text(code), true),
        column("drawn", ColumnKind::Geometry(Shapes::Areas), false),
        column("area_ha", ColumnKind::Decimal { places: 3 }, true),
    ];
    datasets(vec![plots])
}

/// The same with one column more.
pub(super) fn with_column(plots: Datasets, name: &str) -> Datasets {
    let added = |mut plots: Dataset| {
        plots.columns.push(column(name, ColumnKind::Decimal { places: 3 }, false));
        plots
    };
    datasets(plots.by_name.into_values().map(added).collect())
}

/// So many plots of one body, of which the first has no shape.
pub(super) async fn load_plots(boemis: &mut Boemis, participant: &str, count: usize) -> Mark {
    let key = Key {
        participant: participant.parse().unwrap(),
        dataset: "plots".parse().unwrap(),
        period: crate::document::Period::None,
    };
    let record = |at: usize| plot(&format!("{}-{at}", &participant[..1].to_uppercase()), (at > 1).then_some(SQUARE));
    let records = match count {
        0..100 => (1..=count).map(record).collect(),
        _ => crate::schema::Records::laid_away((1..=count).map(record)),
    };
    let statement = Statement { key, revision: "1".parse().unwrap(), records };
    let content = Content(Digest::of(participant.as_bytes()));
    let mut batch = boemis.begin(now()).await.unwrap();
    let _ = batch.load(Validated::unseen_arrival(new_id(), true, content, statement)).await.unwrap();
    batch.commit().await.unwrap()[0].mark().clone()
}

fn plot(code: &str, sent: Option<&str>) -> Record {
    let drawn = sent.map_or(Value::Absent, |sent| {
        let sketch = wkt::read(sent, 0, Crs::Utm39, &Limits::default()).unwrap();
        Value::Geometry(Arc::new(sketch.judge(Shapes::Areas.kinds()).unwrap().geometry))
    });
    let area = Value::Decimal(Quantity::parse("100", 3, '.').unwrap());
    Record { values: vec![Value::Text(code.to_owned()), drawn, area], spot: Spot::Whole }
}

/// Fewer than travel with their mark, and more.
pub(super) async fn a_shape_lies_as_sent_and_in_wgs_84_and_neither_can_be_changed_unseen(window: Window) {
    let mut boemis = Boemis::open(&window.location(), &Settings::default(), &plots()).await.unwrap();
    let mut marks = Vec::new();
    for (participant, count) in [("iqtisadiyyat", 2), ("ekologiya", 2500)] {
        marks.push(load_plots(&mut boemis, participant, count).await);
    }
    boemis.close().await.unwrap();

    let ask = |what: &str, code: &str| window.ask(&format!("SELECT {what} FROM plots_current WHERE code = '{code}'"));
    for code in ["I-2", "E-2500"] {
        assert_eq!(ask("epsg, drawn_sent, area_ha", code), format!("32639|{SQUARE}|100.000"));
        // by PROJ: cs2cs -f %.9f EPSG:32639 EPSG:4326
        assert!(ask("drawn", code).starts_with("POLYGON((49.820466268 40.464659288,"), "{}", ask("drawn", code));
    }
    assert_eq!(ask("count(*), count(epsg), count(drawn), count(drawn_sent)", "I-1"), "1|0|0|0");
    assert_eq!(window.ask("SELECT count(*) FROM plots_current WHERE period = ''"), "2502");

    let mut reader = Reader::open(&window.location(), &Settings::default(), &plots()).await.unwrap();
    for mark in &marks {
        assert_eq!(reader.stored_rows(mark).await.unwrap(), mark.rows);
    }
    let records = reader.records(&marks[0]).await.unwrap();
    assert_eq!(records.columns, ["code", "drawn", "area_ha"]);
    assert_eq!(records.rows[1], ["I-2".to_owned(), format!("SRID=32639;{SQUARE}"), "100.000".to_owned()]);
    assert_eq!(records.rows[0][1], "");
    let held = reader.as_of(&"plots".parse().unwrap(), now()).await.unwrap();
    assert_eq!(held.columns[..5], ["code", "epsg", "drawn", "drawn_sent", "area_ha"]);
    assert_eq!(held.rows.len(), 2502);

    window.tamper(
        "plots_record",
        "UPDATE plots_record SET drawn = replace(drawn, '49.8204', '49.8304') WHERE code = 'I-2'",
    );
    assert_ne!(reader.stored_rows(&marks[0]).await.unwrap(), marks[0].rows, "what the view shows was changed");
    assert_eq!(
        window.refuses(if window.database.is_some() {
            "SET session_replication_role = replica; UPDATE plots_record SET epsg = 32638 WHERE code = 'E-2'"
        } else {
            "UPDATE plots_record SET epsg = 32638 WHERE code = 'E-2'"
        }),
        None
    );
    assert_ne!(reader.stored_rows(&marks[1]).await.unwrap(), marks[1].rows, "the system was changed");
}
