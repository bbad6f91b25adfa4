// Documents that test/browser/diagram.mjs draws: what people would draw, the largest, the wrong.

const stepsOf = (count, make) => ({ pilot_steps: Array.from({ length: count }, (_, i) => make(i)) });

const ORDERS = {
  pilot_steps: [
    {"id": "fetch", "operation": "Fetch new orders from Shopify", "step_type": "api_call", "service": "shopify"},
    {"id": "score", "operation": "Score the fraud risk of each order", "step_type": "llm_decision", "depends_on": ["fetch"], "outcomes": ["low", "medium", "high"], "branches": [{"when": "low", "next": "stock"}, {"when": "medium", "next": "ask"}, {"when": "high", "next": "cancel"}]},
    {"id": "ask", "operation": "Ask the support team in Slack", "step_type": "api_call", "service": "slack"},
    {"id": "answer", "operation": "Did the team accept?", "step_type": "conditional", "condition": "answer = 'accept'", "depends_on": ["ask"], "branches": [{"when": "accepted", "next": "stock"}, {"when": "no answer in 2 days", "next": "ask"}, {"when": "else", "next": "cancel"}], "max_iterations": 3},
    {"id": "cancel", "operation": "Cancel the order and refund the payment", "step_type": "api_call", "service": "stripe"},
    {"id": "stock", "operation": "Is everything in stock?", "step_type": "conditional", "condition": "missing_items = 0", "branches": [{"when": "yes", "next": "label"}, {"when": "else", "next": "supplier"}]},
    {"id": "supplier", "operation": "Order missing items from the supplier by e-mail", "step_type": "api_call", "service": "google-mail"},
    {"id": "wait", "operation": "Compute the new delivery date", "step_type": "transform", "depends_on": ["supplier"]},
    {"id": "label", "operation": "Print the shipping label", "step_type": "api_call", "service": "dhl", "depends_on": ["stock"]},
    {"id": "mail", "operation": "Write a confirmation in the customer's language", "step_type": "llm_decision", "depends_on": ["label", "wait"]},
    {"id": "send", "operation": "Send the confirmation", "step_type": "api_call", "service": "google-mail", "depends_on": ["mail", "fetch"]},
  ],
};

const INVALID = {
  pilot_steps: [
    {"id": "a", "operation": "A step that waits for the impossible", "step_type": "transform", "depends_on": ["b", "gone"]},
    {"id": "b", "operation": "B", "step_type": "api_call", "depends_on": ["a", "b"]},
    {"id": "b", "operation": "twice"},
    7,
    {"id": "h", "operation": "</text><script>alert(1)</script> \"quotes\" 日本語のとても長い文章がここに入ります。長い長い文章。", "step_type": "magic", "branches": [{"when": "x", "next": "nowhere"}, {"when": "else", "next": "end"}]},
  ],
};

const TEAMS = ['Planning', 'Cutting', 'Sewing', 'Quality', 'Logistics', 'Finance'];

/// Sixty stages, each behind one or two of the eight before it.
const FACTORY = {
  stages: Array.from({ length: 60 }, (_, i) => {
    const before = i === 0 ? [] : [...new Set([i - 1 - ((i * 7) % Math.min(i, 8)), i - 1 - ((i * 3) % Math.min(i, 5))])];
    return {
      id: `s${i}`,
      name: `Stage ${i}: ${['cutting of the parts', 'sewing', 'inspection of lots', 'settlement'][i % 4]}`,
      type: ['sequential', 'parallel', 'conditional'][i % 3],
      team: TEAMS[i % TEAMS.length],
      sequence: i + 1,
      depends_on: before.map((n) => `s${n}`),
      inputs: before.map((n) => `goods_${n}`),
      outputs: [`goods_${i}`],
      parallel_with: i === 20 ? ['s21'] : [],
    };
  }),
  limbo_zones: [
    { id: 'z', from: 's0', to: 's1', payload: ['goods_0'], exit_condition: 'The line leader has signed', max_wait: '2 days' },
  ],
};

const TOPIC = {
  summary: 'The clinic loses about forty appointments a week, because reminders go out by hand and too late.',
  findings: ['Forty no-shows a week, 60 EUR each', 'Reminders go out one day before'],
  open_questions: ['Who may send text messages to patients?'],
};

const DISCOVERY = Object.fromEntries(
  ['problem_analysis', 'current_state', 'stakeholder_analysis', 'risk_assessment'].map((key) => [key, TOPIC]),
);

const WIDE = 'Donaudampfschifffahrtsgesellschaftskapitaenswitwe WWWWWWWWWWWWWWWWWWWWWWWWWWWWWW mmmmmmmmmmmmmmmmmmmmmmmmmm';

export const DOCUMENTS = [
  { name: 'orders', format: 'pilot', document: ORDERS, texts: ['Score the fraud risk of each order', "answer = 'accept'"] },
  { name: 'factory', format: 'stages', document: FACTORY, texts: ['Stage 59: settlement', 'until: The line leader has signed'] },
  { name: 'invalid', format: 'pilot', document: INVALID, texts: ['</text><script>alert(1)</script>', '"gone" is named'] },
  { name: 'discovery', format: 'discovery', document: DISCOVERY, texts: ['Who may send text messages to patients?'] },
  { name: 'loose', format: 'pilot', document: stepsOf(50, (i) => ({ id: `x${i}`, operation: `Do number ${i}`, step_type: 'transform', depends_on: i === 7 ? ['x0'] : null })) },
  { name: 'wide', format: 'pilot', document: stepsOf(6, (i) => ({ id: `w${i}`, operation: WIDE, step_type: ['transform', 'llm_decision', 'conditional', 'api_call'][i % 4], service: WIDE, condition: WIDE, branches: i === 2 ? [{ when: WIDE, next: 'w4' }, { when: WIDE, next: 'w5' }] : null })) },
];

/// What would break out of a label, an element, a comment or a keyword. Each must be shown as it is.
export const HOSTILE = [
  '"] --> n9["x',
  'end',
  'click n1 call alert()',
  'subgraph x end',
  '`**bold**`',
  '%%{init: {"theme":"dark"}}%%',
  '%% comment',
  '#quot;#35;#lt;',
  '&quot;&lt;&#35;',
  '</text><script>window.hacked=1</script>',
  '<img src=x onerror="window.hacked=1">',
  ']]>--><!--',
  '1. one',
  '- a * b _c_ ~~d~~',
  '# heading',
  'style n1 fill:#f00; classDef c fill:#0f0;',
  'https://a.example www.b.example c@d.example',
  '$$x^2$$ \\(y\\)',
  'fa:fa-car :::c0 @{ shape: x }',
  '{{}} (()) [[]] || >] /\\',
  'javascript:window.hacked=1',
  'ﬂ°°34¶ß',
];
