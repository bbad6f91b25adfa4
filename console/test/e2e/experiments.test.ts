// Experiments and proposals: a person decides, the next request follows, and what is not there is said.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { waitFor } from './lib/processes.js';
import { type World, inspect, startWorld } from './lib/world.js';

const HOSTILE = '<img src=x onerror=alert(1)>';

let world: World;
let isInstalled: boolean;
before(async () => {
  world = await startWorld();
  const [row] = await world.sql<{ found: boolean }>(
    `SELECT to_regclass('llm_experiments') IS NOT NULL AND to_regclass('llm_model_proposals') IS NOT NULL AS found`,
  );
  isInstalled = row!.found;
});
after(() => world.end());

/// As propose_downgrades() writes one, for an agent of its own.
async function propose(agent: string): Promise<void> {
  await world.sql(`INSERT INTO llm_agents (agent, model, category) VALUES ($1, 'claude-sonnet-4', 'billing')`, [agent]);
  await world.sql(
    `INSERT INTO llm_model_proposals
       (agent, category, from_model, to_model, runs, failed_runs, failure_rate, failure_low, failure_high,
        retried_runs, retry_rate, issues, coverage, stable_coverage, predicted_failure_rate,
        predicted_retry_rate, predicted_increase, increase_low, increase_high, cost_per_run_usd,
        predicted_cost_per_run_usd, expected_saving_usd, replay)
     VALUES ($1, 'billing', 'claude-sonnet-4', 'gpt-4o-mini', 120, 2, 1.67, 0.46, 5.87, 6, 5, 40, 92.5, 85, 2, 6,
             1.1, -2.4, 4.9, 0.0285, 0.00177, 3.2076, '{"runs": 0, "replays": 100}')`,
    [agent],
  );
}

const modelOf = async (agent: string) =>
  (await world.sql<{ model: string }>('SELECT model FROM llm_agents WHERE agent = $1', [agent]))[0]?.model;

/// The model that is asked first when the agent asks, or when it is asked for the category.
async function askedModel(subject: string, argument: 'agent' | 'category' = 'agent'): Promise<string> {
  const prompt = `Send the bills of ${Date.now()}`;
  const session = await world.connectAs('editor');
  await session.query(`SELECT generate_workflow($1, ${argument} => $2)`, [prompt, subject]);
  await session.end();
  const [call] = await world.sql<{ model: string }>(
    `SELECT c.model FROM workflow_requests r JOIN llm_calls c USING (request_id)
     WHERE r.prompt = $1 ORDER BY c.attempt LIMIT 1`,
    [prompt],
  );
  return call!.model;
}

/// All that a proposal for a category needs: runs, rules that cover its issues, and replays by the cheaper model.
async function giveEvidence(category: string): Promise<void> {
  await world.sql(`INSERT INTO llm_routes (category, complexity, model) VALUES ($1, '', 'gpt-4o')`, [category]);
  await world.sql(`INSERT INTO llm_rules (rule, category, text) VALUES ('R1', $1, 'One action a step.')`, [category]);
  await world.sql(
    `INSERT INTO llm_issues (category, description, rule) SELECT $1, 'Two actions', 'R1' FROM generate_series(1, 20)`,
    [category],
  );
  await world.sql(
    `SELECT count(*) FROM generate_workflows(
         ARRAY(SELECT 'Report ' || n FROM generate_series(1, 25) n), category => $1)`,
    [category],
  );
  await world.sql(`SELECT replay_requests('gpt-4o-mini', 25, 5, category => $1)`, [category]);
  await waitFor('the replays', async () => {
    const [row] = await world.sql<{ done: boolean }>('SELECT bool_and(ended = 25) AS done FROM workflow_replays');
    return row!.done;
  });
}

test('a version without experiments and proposals is told of in words', async () => {
  if (isInstalled) await world.sql('ALTER TABLE llm_experiments RENAME TO experiments_elsewhere');
  await world.visit('admin', '/experiments', async (page) => {
    await page.getByText('This version of the extension does not have them').first().waitFor();
    await page.getByText('llm_experiments comes with a later one').waitFor();
  });
  if (isInstalled) await world.sql('ALTER TABLE experiments_elsewhere RENAME TO llm_experiments');
});

test('a proposal is approved, the next request follows it, and it is taken back', async (t) => {
  if (!isInstalled) return t.skip('no proposals');
  await propose('biller');
  assert.equal(await askedModel('biller'), 'claude-sonnet-4');
  await world.visit('admin', '/experiments', async (page) => {
    const proposal = page.getByRole('region', { name: 'Proposal for agent biller' });
    await proposal.getByText('in 120 runs: $0.0285 to $0.00177 each').waitFor();
    await inspect(page, 'proposals');
    await proposal.getByRole('button', { name: 'Approve' }).click();
    await proposal.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    const decided = page.getByRole('row', { name: /^agent biller claude-sonnet-4 gpt-4o-mini approved/ });
    await decided.waitFor();
    assert.equal(await askedModel('biller'), 'gpt-4o-mini');
    await decided.getByRole('button', { name: 'Revert' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Why').fill(HOSTILE);
    await dialog.getByRole('button', { name: 'Revert' }).click();
    await page.getByRole('row', { name: /^agent biller .* reverted/ }).getByText(HOSTILE).waitFor();
  });
  assert.equal(await askedModel('biller'), 'claude-sonnet-4');
});

test('a proposal is looked for, made of what the ledger shows, and approved', async (t) => {
  if (!isInstalled) return t.skip('no proposals');
  await giveEvidence('reports');
  assert.equal(await askedModel('reports', 'category'), 'gpt-4o');
  await world.visit('admin', '/experiments', async (page) => {
    const missing = page.getByRole('region', { name: 'What is missing for a proposal' }).first();
    await missing.getByRole('button', { name: 'Read the ledger' }).click();
    await missing.getByRole('row', { name: /^category reports gpt-4o gpt-4o-mini .* nothing$/ }).waitFor();
    await page.getByRole('button', { name: 'Look for proposals' }).click();
    const proposal = page.getByRole('region', { name: 'Proposal for category reports' });
    await proposal.getByText('seen in 0 runs and 25 replays').waitFor();
    assert.equal(await askedModel('reports', 'category'), 'gpt-4o');
    await proposal.getByRole('button', { name: 'Approve' }).click();
    await proposal.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('row', { name: /^category reports gpt-4o gpt-4o-mini approved/ }).waitFor();
  });
  assert.equal(await askedModel('reports', 'category'), 'gpt-4o-mini');
});

test('a proposal is rejected with a reason, and nothing changes', async (t) => {
  if (!isInstalled) return t.skip('no proposals');
  await propose('writer');
  await world.visit(
    'admin',
    '/experiments',
    async (page) => {
      const proposal = page.getByRole('region', { name: 'Proposal for agent writer' });
      await proposal.getByRole('button', { name: 'Reject' }).click();
      const dialog = proposal.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Reject' }).click();
      await dialog.getByRole('alert').waitFor();
      await dialog.getByLabel('Why').fill('Bills need the strong model.');
      await dialog.getByRole('button', { name: 'Reject' }).click();
      await page.getByRole('row', { name: /^agent writer .* rejected .* Bills need the strong model/ }).waitFor();
    },
    { refused: [400] },
  );
  assert.equal(await modelOf('writer'), 'claude-sonnet-4');
});

test('an experiment is begun, its arms are counted, and it is stopped', async (t) => {
  if (!isInstalled) return t.skip('no experiments');
  await world.visit('admin', '/experiments', async (page) => {
    await page.getByLabel('Name', { exact: true }).fill(HOSTILE);
    await page.getByLabel('Category', { exact: true }).fill('letters');
    await page.getByLabel('Control', { exact: true }).selectOption('gpt-4o-mini');
    await page.getByLabel('Candidate', { exact: true }).selectOption('gpt-4o');
    await page.getByRole('button', { name: 'Begin the experiment' }).click();
    const row = page.getByRole('row', { name: /category letters .* running/ });
    await row.waitFor();
    await world.sql(
      `SELECT generate_workflow('Write letter ' || n, category => 'letters') FROM generate_series(1, 8) n`,
    );
    await row.getByRole('button', { name: 'Figures' }).click();
    await page.getByRole('row', { name: /^candidate gpt-4o \d/ }).waitFor();
    await page.getByText('wait', { exact: true }).waitFor();
    await inspect(page, 'experiments');
    await row.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('dialog').getByLabel('Why').fill('enough');
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('row', { name: /category letters .* stopped/ }).waitFor();
  });
});

test('a candidate is adopted against the verdict only when that is said, and the next request follows', async (t) => {
  if (!isInstalled) return t.skip('no experiments');
  await world.sql(`INSERT INTO llm_agents (agent, model) VALUES ('mailer', 'gpt-4o-mini')`);
  await world.sql(`SELECT create_experiment('mails', NULL, 'mailer', 'gpt-4o-mini', 'gpt-4o')`);
  await world.visit(
    'admin',
    '/experiments',
    async (page) => {
      const row = page.getByRole('row', { name: /^mails agent mailer/ });
      await row.getByRole('button', { name: 'Adopt' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Adopt' }).click();
      await dialog.getByRole('alert').getByText('the verdict of experiment "mails" is not to adopt').waitFor();
      assert.equal(await modelOf('mailer'), 'gpt-4o-mini');
      await dialog.getByLabel('Also when the verdict is not to adopt it').check();
      await dialog.getByRole('button', { name: 'Adopt' }).click();
      await row.getByText('adopted', { exact: true }).waitFor();
    },
    { refused: [409] },
  );
  assert.equal(await askedModel('mailer'), 'gpt-4o');
});

test('a role without rights sees no proposal, and decides on none', async (t) => {
  if (!isInstalled) return t.skip('no proposals');
  await propose('clerk');
  await world.visit(
    'nobody1',
    '/experiments',
    async (page) => {
      await page.getByText('GRANT SELECT ON llm_model_proposals').waitFor();
      await page.getByText('GRANT SELECT ON llm_experiments').waitFor();
      const [proposal] = await world.sql(`SELECT proposal_id FROM llm_model_proposals WHERE agent = 'clerk'`);
      const status = await page.evaluate(async (proposal_id) => {
        const { csrfToken } = await (await fetch('/api/session')).json();
        const headers = { 'x-csrf-token': csrfToken, 'content-type': 'application/json' };
        const body = JSON.stringify({ proposal_id, decision: 'approve', why: '' });
        return (await fetch('/api/proposals/decisions', { method: 'POST', headers, body })).status;
      }, String(proposal!.proposal_id));
      assert.equal(status, 403);
    },
    { refused: [403] },
  );
  assert.equal(await modelOf('clerk'), 'claude-sonnet-4');
});
