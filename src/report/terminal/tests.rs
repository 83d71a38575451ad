use super::*;
use crate::finding::Label;
use crate::report::example;
use crate::source::{FileId, Place, Source, Span};

const SCREEN: Screen = Screen { colour: false, unicode: true, width: 80 };

fn written(screen: Screen, outcome: &Outcome) -> String {
    let mut out = Vec::new();
    write(View { screen, most: None, exit_code: 1 }, outcome, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The report of one finding labelled `here` over `spans` of a file, the first being the fault, without the
/// headline and the summary.
fn drawn(screen: Screen, bytes: &[u8], secrets: &[Span], spans: &[Span]) -> String {
    let (mut outcome, file) = example::file("f", bytes);
    outcome.sources.get_mut(file).secrets = secrets.to_vec();
    let mut finding = example::finding(Place { file, span: spans[0] }, "m", "here");
    let more = spans.iter().skip(1).map(|&span| Label { place: Place { file, span }, text: "there".into() });
    finding.related.extend(more);
    outcome.findings.push(finding);
    let report = written(screen, &outcome);
    let body = report.split_once("[some-rule]: m\n").unwrap().1;
    body.rsplit_once("\nfound").unwrap().0.to_owned()
}

/// The same for one label on the first `needle`.
fn check(bytes: &[u8], secrets: &[Span], needle: &[u8], expected: &str) {
    let start = bytes.windows(needle.len().max(1)).position(|window| window.starts_with(needle)).unwrap();
    let report = drawn(SCREEN, bytes, secrets, &[Span::at(start, start + needle.len())]);
    assert_eq!(report, expected, "\n{report}");
}

#[test]
fn two_files_at_fault_are_underlined_in_one_finding() {
    let expected = "  \
  × error[origin-trailing-slash]: no browser sends an origin that ends in a
  │ slash
   ╭─[nginx.conf:4:48]
 4 │ …eader Access-Control-Allow-Origin https://app.example.com/ always;
   ·                                    ────────────┬───────────
   ·                                                ╰── `/` at the end
   ╰────
   ╭─[.env.production:2:14]
 2 │ CORS_ORIGINS=https://app.example.com/
   ·              ────────────┬───────────
   ·                          ╰── the app's list has it, too
   ╰────
  help: write it without the slash:

            add_header Access-Control-Allow-Origin https://app.example.com always;

  reproduce: curl -i -X OPTIONS -H 'Origin: https://app.example.com' https://localhost/api/

  ☞ advice[some-rule]: it could be better
   ╭─[nginx.conf:2:5]
 2 │     listen 443 ssl;
   ·     ───┬──
   ·        ╰── here
   ╰────

  ⚠ warning[some-rule]: two lists
   ╭─[.env.production:2:14]
 2 │ CORS_ORIGINS=https://app.example.com/
   ·              ────────────┬───────────
   ·                          ╰── this one
   ╰────

found 1 error, 1 warning, 1 advice in 2 files
";
    assert_eq!(written(SCREEN, &example::deployment()), expected);
}

#[test]
fn colour_and_ascii_are_as_the_screen_has_them() {
    let mut outcome = example::deployment();
    outcome.findings.truncate(1);
    let coloured = written(Screen { colour: true, ..SCREEN }, &outcome);
    assert!(coloured.contains("\x1b[1;31merror[origin-trailing-slash]\x1b[0m: no browser"), "{coloured}");
    let plain = written(Screen { unicode: false, ..SCREEN }, &outcome);
    assert!(plain.is_ascii() && plain.contains("...r Access-Control"), "{plain}");
}

#[test]
fn a_secret_is_shown_only_as_far_as_a_label_covers_it() {
    let file = b"A=hunter2\nB=x,https://b/,y # note\nC=topsecret\n";
    let secrets = [Span::at(2, 9), Span::at(12, 26), Span::at(36, 45)];
    check(
        file,
        &secrets,
        b"https://b/",
        concat!(
            "   ╭─[f:2:5]\n",
            " 2 │ B=•••https://b/••• # note\n",
            "   ·      ─────┬────\n",
            "   ·           ╰── here\n",
            "   ╰────\n",
        ),
    );
    check(
        file,
        &secrets,
        b"B",
        concat!("   ╭─[f:2:1]\n", " 2 │ B=••• # note\n", "   · ┬\n", "   · ╰── here\n", "   ╰────\n",),
    );
    // The line between two labels is shown, and masked.
    let report = drawn(SCREEN, file, &secrets, &[Span::at(0, 1), Span::at(34, 35)]);
    assert!(
        report.contains(" 1 │ A=•••\n") && report.contains(" 2 │ B=••• # note\n") && report.contains(" 3 │ C=•••\n")
    );
    // A secret over several lines gives nothing away but their number.
    let report = drawn(
        SCREEN,
        b"K=\"one\ntwo\nthree\"\nL=1\n",
        &[Span::at(2, 17), Span::at(20, 21)],
        &[Span::at(0, 1), Span::at(18, 19)],
    );
    assert!(report.contains(" 1 │ K=•••\n") && report.contains(" 2 │ •••\n 3 │ •••\n 4 │ L=•••\n"), "{report}");
}

#[test]
fn nothing_that_a_terminal_obeys_leaves_a_file() {
    check(
        "\tx\u{1b}[31m\u{202e}é\u{7}\r ZZ é\r\n".as_bytes(),
        &[],
        b"ZZ",
        concat!(
            "   ╭─[f:1:13]\n",
            " 1 │     x\\x1b[31m\\u{202e}é\\x07\\r ZZ é\n",
            "   ·                              ─┬\n",
            "   ·                               ╰── here\n",
            "   ╰────\n",
        ),
    );
    check(
        b"a\xff\xe2\x82 ZZ\n",
        &[],
        b"ZZ",
        concat!("   ╭─[f:1:6]\n", " 1 │ a��� ZZ\n", "   ·      ─┬\n", "   ·       ╰── here\n", "   ╰────\n",),
    );
}

#[test]
fn a_long_line_is_clipped_around_its_label() {
    let line = [b"a".repeat(70_000), b" ZZ ".to_vec(), "é".repeat(70_000).into_bytes()].concat();
    check(
        &line,
        &[],
        b"ZZ",
        concat!(
            "   ╭─[f:1:70002]\n",
            " 1 │ …aaaaaaaaaaaaaaa ZZ ééééééééééééééééééééééééééééééééééééééééééééééé…\n",
            "   ·                  ─┬\n",
            "   ·                   ╰── here\n",
            "   ╰────\n",
        ),
    );
    // A label longer than the screen is underlined as far as it is shown.
    let report = drawn(SCREEN, &line, &[], &[Span::at(10, 100_000)]);
    assert!(report.lines().all(|line| line.chars().count() <= 80), "{report}");
    // Two labels of one line that do not fit together are shown apart.
    let report = drawn(SCREEN, &line, &[], &[Span::at(70_001, 70_003), Span::at(3, 5)]);
    assert!(report.contains("[f:1:70002]") && report.contains("[f:1:4]"), "{report}");
}

#[test]
fn labels_at_the_edges_of_a_file_have_a_marker() {
    check(
        b"server {\n",
        &[],
        b"",
        concat!("   ╭─[f:1:1]\n", " 1 │ server {\n", "   · ▲\n", "   · ╰── here\n", "   ╰────\n",),
    );
    let at_end = concat!("   ╭─[f:2:1]\n", " 1 │ server {\n", " 2 │ \n", "   · ▲\n", "   · ╰── here\n", "   ╰────\n",);
    for span in [Span::at(9, 9), Span::at(9, 10), Span::at(4000, 5000)] {
        assert_eq!(drawn(SCREEN, b"server {\n", &[], &[span]), at_end);
    }
    let no_newline =
        concat!("   ╭─[f:1:9]\n", " 1 │ server {\n", "   ·         ▲\n", "   ·         ╰── here\n", "   ╰────\n",);
    assert_eq!(drawn(SCREEN, b"server {", &[], &[Span::at(8, 8)]), no_newline);
    assert!(drawn(SCREEN, b"", &[], &[Span::at(0, 0)]).contains("▲"));
}

#[test]
fn a_label_over_many_lines_is_cut() {
    let file = b"a 'one\ntwo\nthree\nfour\nfive\nsix';\n";
    let report = drawn(SCREEN, file, &[], &[Span::at(2, 28)]);
    let expected = concat!(
        "   ╭─[f:1:3]\n",
        " 1 │ ╭─▶ a 'one\n",
        " 2 │ │   two\n",
        " 3 │ │   three\n",
        " 4 │ ├─▶ four\n",
        "   · ╰──── here (as far as line 6)\n",
        "   ╰────\n",
    );
    assert_eq!(report, expected, "\n{report}");
}

#[test]
fn many_places_are_counted_and_not_shown() {
    let file = "line\n".repeat(500);
    let spans: Vec<Span> = (0..100).map(|n| Span::at(n * 25, n * 25 + 4)).collect();
    let report = drawn(SCREEN, file.as_bytes(), &[], &spans);
    assert_eq!(report.matches("there").count(), 7);
    assert!(report.contains("there (and 92 more places)"), "{report}");
}

#[test]
fn the_snippet_with_the_fault_stands_first() {
    let file = "line\n".repeat(50);
    let report = drawn(SCREEN, file.as_bytes(), &[], &[Span::at(200, 204), Span::at(0, 4), Span::at(5, 9)]);
    assert!(report.find("[f:41:1]").unwrap() < report.find("[f:1:1]").unwrap(), "{report}");
}

#[test]
fn any_span_on_any_bytes_is_drawn_within_the_screen() {
    let pieces: [&[u8]; 8] =
        [b"plain ", b"\n", "é\u{1f980}".as_bytes(), b"\xff\x80\x80", b"\t", b"\r\n", b"\x1b[0m", b"\xe2\x82"];
    let mut state = 7_u32;
    let mut next = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    for _ in 0..2000 {
        let bytes: Vec<u8> = (0..next(60)).flat_map(|_| pieces[next(8) as usize]).copied().collect();
        let size = Span::at(bytes.len() + 3, 0).start;
        let mut span = |longest| {
            let start = next(size);
            Span::new(start, start + next(longest))
        };
        let (first, second) = (span(40), span(40));
        let second = Span::new(second.start.max(first.end), second.end);
        let secrets = [first, second];
        let spans = [span(30), span(9), span(2), span(200)];
        let screen = Screen { colour: false, unicode: span(2).is_empty(), width: span(99).len() as usize };
        let report = drawn(screen, &bytes, &secrets, &spans);
        assert!(!report.contains("Failed to read"), "{report}");
        assert!(!report.replace('\n', "").contains(crate::report::text::is_hidden), "{report}");
        let numbered = |line: &&str| line.trim_start().starts_with(|c: char| c.is_ascii_digit());
        for line in report.lines().filter(numbered) {
            assert!(line.chars().count() <= screen.width.max(40), "too wide for {}: {line}", screen.width);
        }
    }
}

#[test]
fn many_findings_on_one_line_take_linear_time() {
    let line = b"add_header A https://a/; ".repeat(100_000);
    let (mut outcome, file) = example::file("f", &line);
    outcome.sources.get_mut(file).secrets = (0..100_000).map(|n| Span::at(n * 25 + 13, n * 25 + 23)).collect();
    let started = std::time::Instant::now();
    let place = |n: usize| Place { file, span: Span::at(n * 25 + 13, n * 25 + 23) };
    outcome.findings = (0..100_000).step_by(100).map(|n| example::finding(place(n), "m", "here")).collect();
    let report = written(SCREEN, &outcome);
    assert!(report.contains("[f:1:2475014]"), "the last one is shown");
    // Reading the file once a finding would be 1,000 times 2.5 MB: minutes without optimisation.
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn places_in_other_files_come_with_their_own_path() {
    let (mut outcome, file) = example::file("a.conf", b"a\n");
    let other = outcome.sources.add(Source::new("dir/b\u{202e}.conf", None, b"b\n".to_vec()));
    let place = |file: FileId| Place { file, span: Span::at(0, 1) };
    let mut finding = example::finding(place(file), "m", "");
    finding.related.push(Label { place: place(other), text: "there".into() });
    outcome.findings.push(finding);
    let report = written(SCREEN, &outcome);
    assert!(report.contains("[a.conf:1:1]") && report.contains(r"[dir/b\u{202e}.conf:1:1]"), "{report}");
}
