#include "core/report_style.hpp"

namespace llmw {

// Sizes of type: 12, 13, 15, 18, 26 and a lede that grows with the screen. Space: multiples of 4.
// Colours have names by what they mean. Texts have a contrast of 4.5 at least against what they
// stand on, lines and bars one of 3, in both schemes.

namespace {

constexpr MarkupLiteral kColours = R"(
:root {
  color-scheme: light dark;
  --page: #f6f5f2; --card: #ffffff; --line: #e2e0da; --grid: #eceae5;
  --ink: #1d2127; --soft: #5a616b; --link: #2b59c3;
  --cost: #3563d0; --saved: #2c9c78; --over: #c8304f; --rate: #b5651d;
  --p50: #3563d0; --p95: #8a4fc4; --p99: #7d8590;
  --good: #14724f; --warn: #8a4a0c; --bad: #b3223f;
  --good-tint: #e3f3ec; --warn-tint: #faeedd; --bad-tint: #fbe6ea;
  --track: #e9e7e1; --hover: #1d212712; --shade: #1d212726;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101317; --card: #181c22; --line: #2b3139; --grid: #262b33;
    --ink: #e9ebee; --soft: #a0a8b4; --link: #8fb0ff;
    --cost: #7da2ff; --saved: #37b48b; --over: #ff7089; --rate: #e2a05a;
    --p50: #7da2ff; --p95: #c79bf2; --p99: #87909c;
    --good: #5fd0a6; --warn: #edb577; --bad: #ff8fa2;
    --good-tint: #14312a; --warn-tint: #35280f; --bad-tint: #3b1a22;
    --track: #2a3038; --hover: #e9ebee14; --shade: #00000099;
  }
}
)";

constexpr MarkupLiteral kPage = R"(
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 1240px; padding: 32px 24px 48px; background: var(--page);
  color: var(--ink); overflow-wrap: anywhere;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
h1, h2, h3, p, dl, dd, ul, ol, figure, blockquote { margin: 0; padding: 0; }
h1 { font-size: 18px; line-height: 1.3; font-weight: 650; letter-spacing: -.01em; }
h2 { font-size: 18px; line-height: 1.3; font-weight: 650; letter-spacing: -.01em; }
h3 { font-size: 15px; line-height: 1.4; font-weight: 600; }
ul, ol { list-style: none; }
code, .code { font: 12px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.n, .figure, .axis, .place { font-variant-numeric: tabular-nums; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.note { font-size: 13px; color: var(--soft); }
.nothing { margin: 12px 0 4px; color: var(--soft); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
.source { font-size: 12px; color: var(--soft); margin-top: 12px; }

header.page { display: flex; flex-wrap: wrap; gap: 8px 32px; align-items: baseline;
  justify-content: space-between; padding-bottom: 16px; border-bottom: 1px solid var(--line); }
.facts { display: flex; flex-wrap: wrap; gap: 4px 24px; font-size: 13px; }
.facts div { display: flex; gap: 6px; }
.facts dt { color: var(--soft); flex: none; }
.lede { max-width: 48em; margin: 28px 0; font-size: clamp(20px, 1.1rem + 1.1vw, 30px);
  line-height: 1.35; letter-spacing: -.015em; }
.lede span.whole { display: inline-block; max-width: 100%; }
@media (min-width: 900px) { .lede span.sentence { display: block; } }
.lede b { font-weight: 650; font-variant-numeric: tabular-nums; }
section { margin-top: 40px; }
main > section:first-child { margin-top: 0; }
section > header { margin-bottom: 12px; display: flex; flex-wrap: wrap; gap: 0 12px;
  align-items: baseline; }
section > header p { color: var(--soft); }
footer { margin-top: 40px; padding-top: 16px; border-top: 1px solid var(--line); font-size: 13px;
  color: var(--soft); display: flex; flex-wrap: wrap; gap: 4px 24px;
  justify-content: space-between; }
)";

constexpr MarkupLiteral kCards = R"(
.card, .tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 20px; min-width: 0; }
.grid { display: grid; gap: 16px; grid-template-columns: minmax(0, 1fr); }
.card { display: flex; flex-direction: column; }
.card > :first-child { margin-top: 0; }
.card > .source { margin-top: auto; padding-top: 8px; }
.tiles { display: grid; gap: 16px; grid-template-columns: repeat(3, minmax(0, 1fr)); }
.tile { display: flex; flex-direction: column; }
.tile dt { font-size: 13px; font-weight: 600; color: var(--soft); }
.tile .figure { font-size: 32px; line-height: 1.25; font-weight: 650; letter-spacing: -.02em;
  margin: 2px 0 6px; color: var(--ink); }
.tile.good .figure { color: var(--good); } .tile.bad .figure { color: var(--bad); }
.tile dd:last-child { margin-top: auto; }
@media (min-width: 900px) {
  .grid { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .grid.wide-first { grid-template-columns: minmax(0, 5fr) minmax(0, 3fr); }
}
@media (max-width: 640px) {
  body { padding: 20px 12px 32px; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  .grid { gap: 12px; }
  .card { padding: 16px; } .tile { padding: 12px; }
  .tile .figure { font-size: 22px; }
}
)";

constexpr MarkupLiteral kCharts = R"(
.plot { display: flex; margin-top: 12px; }
.plot svg { display: block; flex: none; }
.plot svg.field { flex: 1 1 0; min-width: 0; overflow: visible; }
svg text { font-size: 12px; fill: var(--soft); }
.axis text { text-anchor: end; }
.place { text-anchor: middle; }
.place.narrow { display: none; }
@media (max-width: 640px) { .place.wide { display: none; } .place.narrow { display: inline; } }
line.grid { stroke: var(--grid); }
line.zero { stroke: var(--line); }
.line { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round;
  stroke-linecap: round; }
.area { stroke: none; fill-opacity: .16; }
.dot { stroke: var(--card); stroke-width: 1.5; }
.band { fill: transparent; } g:hover > .band { fill: var(--hover); }
.s-cost { fill: var(--cost); } .s-saved { fill: var(--saved); } .s-over { fill: var(--over); }
.s-rate { fill: var(--rate); }
.s-p50 { fill: var(--p50); } .s-p95 { fill: var(--p95); } .s-p99 { fill: var(--p99); }
.line.s-saved { stroke: var(--saved); } .line.s-rate { stroke: var(--rate); }
.line.s-p50 { stroke: var(--p50); } .line.s-p95 { stroke: var(--p95); }
.line.s-p99 { stroke: var(--p99); stroke-dasharray: 5 4; stroke-width: 1.5; }
.line.s-saved, .line.s-rate, .line.s-p50, .line.s-p95, .line.s-p99 { fill: none; }
.track { fill: var(--track); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13px; margin-top: 8px; }
.legend li { display: flex; gap: 6px; align-items: center; }
.legend svg { flex: none; }
details { margin-top: 12px; font-size: 13px; }
summary { cursor: pointer; color: var(--link); width: max-content; border-radius: 4px; }
details .scroll { max-height: 320px; overflow-y: auto; margin-top: 8px; }
)";

constexpr MarkupLiteral kTables = R"(
.scroll { overflow-x: auto; position: relative; margin-top: 8px;
  background: linear-gradient(to right, var(--card) 40%, transparent) left / 48px 100% local,
    linear-gradient(to left, var(--card) 40%, transparent) right / 48px 100% local,
    linear-gradient(to right, var(--shade), transparent) left / 14px 100% scroll,
    linear-gradient(to left, var(--shade), transparent) right / 14px 100% scroll;
  background-repeat: no-repeat; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; overflow-wrap: normal; }
th, td { text-align: left; padding: 8px 16px 8px 0; border-bottom: 1px solid var(--grid);
  vertical-align: top; font-weight: 400; }
tr > :last-child { padding-right: 0; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--soft); font-size: 13px; white-space: nowrap; }
thead > tr > * { border-bottom-color: var(--line); }
th.n, td.n { text-align: right; white-space: nowrap; }
td small { display: block; font-size: 12px; color: var(--soft); }
th.name { font-weight: 550; min-width: 8em; max-width: 24em; overflow-wrap: anywhere; }
td.meter { width: 26%; min-width: 72px; }
td.meter svg { display: block; margin-top: 6px; }
details table { font-size: 13px; } details th, details td { padding-top: 4px; padding-bottom: 4px; }
details th.name { font-weight: 400; white-space: nowrap; }
.state { display: inline-block; font-size: 12px; line-height: 20px; padding: 0 8px;
  border-radius: 10px; background: var(--track); min-width: 0; overflow-wrap: anywhere; }
td .state { white-space: nowrap; }
.state.good { background: var(--good-tint); } .state.warn { background: var(--warn-tint); }
.state.bad { background: var(--bad-tint); }
.budgets li { margin-top: 16px; } .budgets li:first-child { margin-top: 12px; }
.line-up { display: flex; flex-wrap: wrap; gap: 2px 10px; align-items: baseline; }
.line-up b { font-weight: 550; min-width: 0; } .line-up .n { margin-left: auto; white-space: nowrap; }
.bar { display: block; margin: 6px 0 4px; }
.failures li { display: grid; grid-template-columns: 13em minmax(0, 1fr); gap: 4px 24px;
  padding: 14px 0; border-bottom: 1px solid var(--grid); }
.failures li:first-child { padding-top: 0; } .failures li:last-child { border-bottom: 0; }
.when { display: flex; flex-direction: column; font-size: 13px; color: var(--soft); }
.when time { font-variant-numeric: tabular-nums; }
.when span { color: var(--ink); font-weight: 550; }
.code { color: var(--bad); background: var(--bad-tint); border-radius: 4px; padding: 1px 6px; }
blockquote { margin-top: 6px; padding-left: 12px; border-left: 3px solid var(--line);
  color: var(--soft); font-size: 14px; }
.failures .source { margin-top: 6px; }
@media (max-width: 640px) {
  .failures li { grid-template-columns: minmax(0, 1fr); }
  .when { flex-direction: row; flex-wrap: wrap; gap: 0 12px; }
}
@media print {
  body { max-width: none; padding: 0; } .card, .tile, .failures li { break-inside: avoid; }
}
)";

}  // namespace

void append_report_style(MarkupWriter& out) {
  out.raw(kColours).raw(kPage).raw(kCards).raw(kCharts).raw(kTables);
}

}  // namespace llmw
