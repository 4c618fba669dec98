//! A JUnit report: one test suite per source document, one test case per scenario.

use std::collections::BTreeMap;
use std::io;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::catalogue::Scenario;
use crate::check::Report;

/// The XML of `reports`, which belong to `scenarios` in the same order.
///
/// # Errors
/// When the XML cannot be made.
pub fn junit(scenarios: &[Scenario], reports: &[Report]) -> io::Result<Vec<u8>> {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for (scenario, report) in scenarios.iter().zip(reports) {
        let status = match report.mismatches.first() {
            None => TestCaseStatus::success(),
            Some(first) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                let all: Vec<String> = report.mismatches.iter().map(ToString::to_string).collect();
                status
                    .set_message(format!(
                        "{}: expected {}, got {}",
                        first.what, first.expected, first.actual
                    ))
                    .set_description(all.join("\n"));
                status
            }
        };
        let mut case = TestCase::new(&report.id, status);
        case.set_classname(&scenario.source);
        suites
            .entry(&scenario.source)
            .or_insert_with(|| TestSuite::new(&scenario.source))
            .add_test_case(case);
    }
    let mut all = quick_junit::Report::new("kdclab");
    all.add_test_suites(suites.into_values());
    all.to_string()
        .map(String::into_bytes)
        .map_err(io::Error::other)
}
