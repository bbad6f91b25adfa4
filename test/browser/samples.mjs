// Data of reports, as workflow_report_data() makes it: the same on every run.

const DAY = 86_400_000;

/// Numbers in [0, 1) that look random and are the same each time (mulberry32).
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const isoDay = (ms) => new Date(ms).toISOString().slice(0, 10);
const round = (value, places) => Number(value.toFixed(places));
const percent = (part, whole) => (whole === 0 ? null : round((100 * part) / whole, 2));
const sum = (rows, key) => rows.reduce((total, row) => total + (row[key] ?? 0), 0);

/// One row for each span of `days` days before `last`.
function overTime(spans, days, last, random) {
  const rows = [];
  for (let i = spans - 1; i >= 0; i -= 1) {
    const from = last - (i + 1) * days * DAY + DAY;
    const weekday = new Date(from).getUTCDay();
    const isQuiet = days === 1 && (weekday === 0 || weekday === 6);
    const requests = Math.round(days * (isQuiet ? 90 : 420) * (0.8 + 0.4 * random()) * (1.3 - i / spans / 2));
    const bad = random() < 0.06 ? 3 : 1;
    const cached = Math.round(requests * 0.09);
    const generated = Math.round((requests - cached) * 0.985);
    const fallbacks = Math.round(generated * 0.03 * (0.6 + random()) * bad);
    const cost = requests * 0.0011 + fallbacks * 0.0135;
    const baseline = generated * 0.0152;
    rows.push({ from: isoDay(from), requests, cached, generated, fallbacks, cost, baseline, slow: bad });
  }
  return rows;
}

function latencyOf(row, random) {
  const base = 1900 * (0.85 + 0.3 * random()) * (row.slow > 1 ? 1.5 : 1);
  const provider = base * 0.92;
  return {
    from: row.from,
    timed_requests: row.generated,
    total_p50_ms: Math.round(base),
    total_p95_ms: Math.round(base * (2.3 + 0.5 * random())),
    total_p99_ms: Math.round(base * (4.2 + 1.6 * random())),
    timed_calls: Math.round(row.generated * 1.06),
    provider_p50_ms: Math.round(provider),
    provider_p95_ms: Math.round(provider * (2.1 + 0.4 * random())),
    provider_p99_ms: Math.round(provider * (3.6 + 1.2 * random())),
  };
}

function trendOf(rows) {
  let saved = 0;
  return rows.map((row) => {
    saved += row.baseline - row.cost;
    return {
      from: row.from,
      requests: row.requests,
      generated: row.generated,
      fallback_requests: row.fallbacks,
      fallback_rate: percent(row.fallbacks, row.generated),
      cost_usd: round(row.cost, 8),
      baseline_cost_usd: round(row.baseline, 8),
      saved_usd: round(row.baseline - row.cost, 8),
      cumulative_saved_usd: round(saved, 8),
    };
  });
}

function summaryOf(rows) {
  const [requests, cached, generated, fallbacks] = ['requests', 'cached', 'generated', 'fallbacks'].map((key) =>
    sum(rows, key),
  );
  const [cost, baseline] = [sum(rows, 'cost'), sum(rows, 'baseline')];
  const cancelled = Math.round(requests * 0.002);
  return {
    requests,
    succeeded_requests: generated + cached,
    failed_requests: requests - generated - cached - cancelled,
    cancelled_requests: cancelled,
    cached_requests: cached,
    generated,
    fallback_requests: fallbacks,
    fallback_rate: percent(fallbacks, generated),
    calls: Math.round(generated * 1.06),
    cost_usd: round(cost, 8),
    estimated_cost_usd: round(cost * 0.002, 8),
    unpriced_calls: 0,
    days_without_baseline: 0,
    baseline_cost_usd: round(baseline, 8),
    saved_usd: round(baseline - cost, 8),
    saved_percent: percent(baseline - cost, baseline),
    timed_requests: generated,
    p50_ms: 1874,
    p95_ms: 4760,
    p99_ms: 9120,
  };
}

function reasonsOf(summary) {
  const shares = { validation_failed: 0.52, truncated: 0.21, rate_limited: 0.14, timeout: 0.09, refused: 0.04 };
  return Object.entries(shares).map(([reason, share]) => {
    const requests = Math.round(summary.fallback_requests * share);
    return { reason, requests, percent: percent(requests, summary.generated) };
  });
}

function agentsOf(summary, names) {
  let left = 0.55;
  return names.map((agent, i) => {
    const share = (left *= i === 0 ? 1 : 0.52);
    const requests = Math.max(1, Math.round(summary.requests * share));
    const generated = Math.round(requests * 0.9);
    const fallbacks = Math.round(generated * (0.012 + 0.017 * ((i * 5) % 4)));
    const cost = summary.cost_usd * share * (0.8 + 0.1 * (i % 5));
    return {
      agent,
      requests,
      generated,
      fallback_requests: fallbacks,
      fallback_rate: percent(fallbacks, generated),
      cost_usd: round(cost, 8),
      cost_per_request_usd: round(cost / requests, 10),
    };
  });
}

function modelOf(model, calls, share, errors, tokens, cost) {
  const errorCalls = Math.round(calls * errors);
  const validated = calls - errorCalls;
  const ok = Math.round(validated * share);
  return {
    model,
    calls,
    ok_calls: ok,
    validated_calls: validated,
    validation_success_rate: percent(ok, validated),
    error_calls: errorCalls,
    ended_calls: calls,
    error_rate: percent(errorCalls, calls),
    input_tokens: Math.round(calls * tokens),
    output_tokens: Math.round(calls * tokens * 0.31),
    cost_usd: round(cost, 8),
  };
}

const models = (s) => [
  modelOf('gpt-4o-mini', s.calls - s.fallback_requests, 0.966, 0.012, 1240, s.cost_usd * 0.66),
  modelOf('gpt-4o', Math.round(s.fallback_requests * 0.8), 0.994, 0.006, 1310, s.cost_usd * 0.29),
  modelOf('claude-3-5-haiku-latest', Math.round(s.fallback_requests * 0.2), 0.981, 0.021, 1295, s.cost_usd * 0.05),
];

const budgets = [
  {
    budget: 'everything',
    scope: 'database',
    period: 'month',
    limit_usd: 60,
    spent_usd: 21.83440125,
    reserved_usd: 0.2,
    limit_tokens: null,
    used_percent: 36.7,
    action: 'block',
    state: 'ok',
  },
  {
    budget: 'support team',
    scope: 'tag',
    tag_key: 'team',
    subject: 'support',
    period: 'day',
    limit_usd: 0.5,
    spent_usd: 0.43125,
    reserved_usd: 0,
    limit_tokens: 2_000_000,
    spent_tokens: 1_204_112,
    reserved_tokens: 0,
    used_percent: 86.3,
    action: 'warn',
    state: 'warning',
  },
  {
    budget: 'strong model',
    scope: 'model',
    subject: 'gpt-4o',
    period: 'hour',
    limit_usd: 0.25,
    spent_usd: 0.2513,
    reserved_usd: 0,
    limit_tokens: null,
    used_percent: 100.5,
    action: 'primary_only',
    state: 'exhausted',
  },
];

const endpoints = [
  { server: 'openai', model: 'gpt-4o-mini', state: 'closed', requests_last_minute: 41, error_rate: 0, p95_ms: 4310 },
  { server: 'openai', model: 'gpt-4o', state: 'closed', requests_last_minute: 3, error_rate: 0, p95_ms: 8120 },
  {
    server: 'anthropic',
    model: 'claude-3-5-haiku-latest',
    state: 'half_open',
    requests_last_minute: 1,
    error_rate: 50,
    p95_ms: 3905,
  },
];

const failures = [
  {
    at: '2026-11-26 20:41 UTC',
    agent: 'order-desk',
    error_code: 'LW001',
    message: 'answer is not a valid workflow: step "refund" leads to "notify", which does not exist',
    prompt: 'When an order is cancelled, refund it, tell the customer, and put the goods back in stock.',
    request_id: '0f9f6a52-58c1-4a5e-9f0e-6f4f2c3f8f11',
  },
  {
    at: '2026-11-26 18:07 UTC',
    agent: 'support-triage',
    error_code: 'LW003',
    message: 'no answer within 60 s',
    prompt: 'Route each ticket by language and urgency; page the on-call engineer for outages.',
    request_id: '5b1d1c0e-97a8-4b0f-8a75-2c7c0d1b9d27',
  },
  {
    at: '2026-11-25 09:15 UTC',
    agent: 'invoice-bot',
    error_code: 'LW010',
    message: 'budget "strong model" would be exceeded',
    prompt: 'Check each invoice against its order; approve below 500 EUR, else ask the head of department.',
    request_id: 'c2a4e0aa-0b5e-4c0a-b1de-54f2a84b6f0d',
  },
];

const agentNames = [
  'order-desk', 'support-triage', 'invoice-bot', 'returns', 'onboarding', 'stock-watch', 'hr-leave', 'newsletter',
];

function report({ spans, days, unit, last, seed }) {
  const random = randomNumbers(seed);
  const rows = overTime(spans, days, last, random);
  const summary = summaryOf(rows);
  return {
    first_day: rows[0].from,
    last_day: isoDay(last),
    unit,
    generated_at: '2026-11-26 21:00 UTC',
    database: 'shop',
    version: '1.0',
    baseline_model: 'gpt-4o',
    summary,
    trend: trendOf(rows),
    fallback_reasons: reasonsOf(summary),
    latency: rows.map((row) => latencyOf(row, random)),
    agents: agentsOf(summary, agentNames),
    agent_count: 14,
    models: models(summary),
    budgets,
    endpoints,
    failures,
  };
}

/// Replaces each text in `value` by `text`, and keeps the numbers.
function withText(value, text) {
  if (typeof value === 'string') return text;
  if (Array.isArray(value)) return value.map((item) => withText(item, text));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withText(item, text)]));
}

const LAST = Date.UTC(2026, 10, 26);

export const month = () => report({ spans: 31, days: 1, unit: 'day', last: LAST, seed: 6 });
export const quarter = () => report({ spans: 92, days: 1, unit: 'day', last: LAST, seed: 5 });
export const year = () => report({ spans: 53, days: 7, unit: 'week', last: LAST, seed: 7 });
export const oneDay = () => report({ spans: 1, days: 1, unit: 'day', last: LAST, seed: 8 });

/// Each text of the report tries to be markup, to run, to load, and to be wider than any screen.
export const HOSTILE = [
  `</title></style><script>window.hacked = 1; alert(1)</script>`,
  `"><img src="http://127.0.0.1:9/x.png" onerror="window.hacked = 2"><svg onload=alert(3)>`,
  `' onmouseover='alert(4)' x='`,
  `</textarea><iframe src=javascript:alert(5)></iframe>&lt;script&gt;`,
  'W'.repeat(300),
].join('');
export const hostile = () => withText(report({ spans: 31, days: 1, unit: 'day', last: LAST, seed: 9 }), HOSTILE);

/// Amounts that nobody will spend, and a bad year: the baseline would have been cheaper.
export function huge() {
  const grow = (value) => {
    if (typeof value === 'number') return value * 1e12;
    if (Array.isArray(value)) return value.map(grow);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, grow(item)]));
  };
  const data = grow(month());
  for (const row of [...data.trend, data.summary]) {
    [row.cost_usd, row.baseline_cost_usd] = [row.baseline_cost_usd, row.cost_usd];
    row.saved_usd = -row.saved_usd;
    if ('cumulative_saved_usd' in row) row.cumulative_saved_usd = -row.cumulative_saved_usd;
  }
  data.summary.saved_percent = -800;
  return data;
}

export function empty() {
  const data = report({ spans: 31, days: 1, unit: 'day', last: LAST, seed: 1 });
  const zero = (row) =>
    Object.fromEntries(Object.entries(row).map(([key, item]) => [key, typeof item === 'number' ? 0 : item]));
  const none = (row, keys) => ({ ...zero(row), ...Object.fromEntries(keys.map((key) => [key, null])) });
  return {
    ...data,
    summary: none(data.summary, ['fallback_rate', 'saved_percent', 'p50_ms', 'p95_ms', 'p99_ms']),
    trend: [],
    latency: [],
    fallback_reasons: [],
    agents: [],
    agent_count: 0,
    models: [],
    budgets: [],
    endpoints: null,
    failures: [],
  };
}

export const SAMPLES = { month, quarter, year, oneDay, hostile, huge, empty, nothing: () => ({}) };
