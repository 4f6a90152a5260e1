/** The page's only style sheet; its hash stands in the page's content security policy. */
export const HTML_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1b1f24; --dim: #57606a; --line: #d6dbe1; --code: #f1f3f5; --focus: #0b57d0;
  --passed: #1a7f37; --failed: #c4232b; --error: #a0410d; --skipped: #5d4bb8; --no_impact: #57606a;
  --critical: #8c0d26; --high: #c4232b; --medium: #8a5a00; --low: #2b62a8; --none: #57606a;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #0f1318; --card: #181d24; --ink: #e7ebf0; --dim: #a3adb8; --line: #313944; --code: #10151b; --focus: #8ab4f8;
    --passed: #57c774; --failed: #ff7b7f; --error: #f0a062; --skipped: #b3a5f5; --no_impact: #a3adb8;
    --critical: #ff9aa8; --high: #ff7b7f; --medium: #e3b341; --low: #83b4f0; --none: #a3adb8;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .75rem; }
h3 { font-size: .95rem; margin: 1rem 0 .25rem; }
p { margin: .25rem 0; }
a { color: var(--focus); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1rem; margin: .75rem 0 0; }
.dim, .facts dt { color: var(--dim); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.verdict { display: inline-block; margin-top: .75rem; padding: .2rem .8rem; border-radius: 2rem; border: 2px solid currentColor; font-weight: 700; }
.overview { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 1.5rem; align-items: center; }
.gauge { width: 11rem; height: 11rem; display: block; margin: 0 auto; }
.gauge circle { fill: none; stroke-width: 12; }
.gauge .track { stroke: var(--line); }
.gauge .part { stroke: currentColor; }
.gauge text { fill: var(--ink); text-anchor: middle; font-weight: 700; font-size: 17px; }
.gauge .unit { fill: var(--dim); font-size: 9.5px; font-weight: 400; }
.passed { color: var(--passed); } .failed { color: var(--failed); } .error { color: var(--error); }
.skipped { color: var(--skipped); } .no_impact { color: var(--no_impact); }
.critical { color: var(--critical); } .high { color: var(--high); } .medium { color: var(--medium); }
.low { color: var(--low); } .none { color: var(--none); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .75rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { text-align: left; }
thead th { color: var(--dim); font-weight: 600; }
tbody tr:last-child > * { border-bottom: 0; }
.bar { display: block; width: 100%; height: .75rem; margin-bottom: .75rem; border-radius: .375rem; }
.bar rect { fill: currentColor; }
.bar .no_impact { opacity: .35; }
ul.plain { margin: 0; padding-left: 1.2rem; overflow-wrap: anywhere; }
form { display: flex; flex-wrap: wrap; gap: .6rem 1.25rem; align-items: center; position: sticky; top: 0; z-index: 1; background: var(--card); }
form fieldset { border: 0; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem .9rem; }
form legend { float: left; width: 4.5rem; color: var(--dim); }
form .severities label { text-transform: capitalize; }
form .count { color: var(--dim); font-variant-numeric: tabular-nums; }
form label { display: inline-flex; gap: .35rem; align-items: center; }
input[type=search] { font: inherit; color: inherit; background: var(--code); border: 1px solid var(--line); border-radius: .4rem; padding: .35rem .6rem; width: 16rem; max-width: 100%; }
input[type=checkbox] { width: 1.05rem; height: 1.05rem; accent-color: var(--focus); margin: 0; }
button { font: inherit; color: inherit; background: var(--code); border: 1px solid var(--line); border-radius: .4rem; padding: .35rem .75rem; cursor: pointer; }
button:hover { border-color: var(--dim); }
button[aria-pressed=true] { border-color: var(--focus); box-shadow: inset 0 0 0 1px var(--focus); }
output { color: var(--dim); margin-left: auto; font-variant-numeric: tabular-nums; }
form fieldset { flex-basis: 100%; }
.nothing { padding: 2rem; text-align: center; color: var(--dim); }
.controls { display: grid; gap: .5rem; margin-top: .75rem; }
details { background: var(--card); border: 1px solid var(--line); border-left: .35rem solid currentColor; border-radius: .5rem; content-visibility: auto; contain-intrinsic-size: auto 3.6rem; scroll-margin-top: 8rem; }
details[hidden] { display: none; }
details > * { color: var(--ink); }
summary { display: grid; grid-template-columns: 8.5rem 5rem minmax(0, 1fr) auto; gap: .1rem .75rem; padding: .6rem .9rem; cursor: pointer; align-items: baseline; }
summary::after { content: "\\25B8"; color: var(--dim); }
details[open] > summary::after { content: "\\25BE"; }
summary .status { font-weight: 700; } summary .severity { font-weight: 600; text-transform: capitalize; }
summary .title { min-width: 0; overflow-wrap: anywhere; }
summary .title b { margin-right: .4rem; }
.mark { border: 1px solid currentColor; border-radius: .3rem; padding: 0 .35rem; font-size: .8rem; margin-left: .4rem; }
.body { padding: 0 .9rem .9rem; border-top: 1px solid var(--line); }
pre { background: var(--code); border-radius: .4rem; padding: .6rem .75rem; margin: .25rem 0; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; font: .85rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; max-height: 28rem; }
.prose { white-space: pre-wrap; overflow-wrap: anywhere; }
ol.tests { margin: .25rem 0; padding-left: 1.5rem; }
ol.tests li { overflow-wrap: anywhere; margin-bottom: .35rem; }
footer { color: var(--dim); margin-top: 2.5rem; font-size: .875rem; }
@media (max-width: 44rem) {
  .overview { grid-template-columns: minmax(0, 1fr); }
  summary { grid-template-columns: auto 1fr auto; }
  summary .title { grid-column: 1 / -1; grid-row: 2; }
  form { position: static; }
  output { margin-left: 0; width: 100%; }
  th, td { padding: .35rem .3rem; font-size: .85rem; }
  .card { padding: 1rem; }
  form legend { width: 100%; }
  input[type=search] { width: 100%; }
}
@media print {
  :root { color-scheme: light; }
  form { display: none; }
  body { background: #fff; font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  .card { border-color: #bbb; }
  h2, h3, summary { break-after: avoid; }
  .overview, table, .bar, summary, details:not([open]) { break-inside: avoid; }
  .controls { display: block; }
  details { content-visibility: visible; margin-bottom: .5rem; border-color: #bbb; border-left-color: currentColor; }
  summary::after, details[open] > summary::after { content: none; }
  pre { max-height: none; }
  * { print-color-adjust: exact; }
}
`;
