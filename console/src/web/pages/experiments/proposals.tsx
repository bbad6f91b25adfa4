// Proposals of cheaper models: those that wait for a person, and what came of the others.

import { useState } from 'preact/hooks';
import type { CandidateRow, Decision, ProposalRow, Proposals, TrackingRow } from '../../../shared/proposals.js';
import { send } from '../../api.js';
import { Badge, Card, Tile, Tiles, type Tone } from '../../components/card.js';
import { ConfirmButton } from '../../components/confirm.js';
import { TextField } from '../../components/field.js';
import { Empty, ErrorNotice, Load, LoadWhenAsked } from '../../components/states.js';
import { DataTable } from '../../components/table.js';
import { UNKNOWN, count, money, percent, time } from '../../format.js';
import { useAction, useApi } from '../../hooks.js';
import { Absent } from './absent.js';

export function ProposalList() {
  const loaded = useApi<Proposals>('/api/proposals');
  return (
    <Load from={loaded}>
      {(data) =>
        typeof data.proposals === 'string' ? (
          <Card title="Proposals">
            <Absent why={data.proposals} table="llm_model_proposals" />
          </Card>
        ) : (
          <>
            <Open data={data} proposals={data.proposals} onChanged={loaded.reload} />
            <Decided data={data} proposals={data.proposals} onChanged={loaded.reload} />
            {data.may_see_candidates && <Candidates />}
          </>
        )
      }
    </Load>
  );
}

interface PartProps {
  readonly data: Proposals;
  readonly proposals: readonly ProposalRow[];
  readonly onChanged: () => void;
}

function Open({ data, proposals, onChanged }: PartProps) {
  const open = proposals.filter(({ status }) => status === 'proposed');
  return (
    <Card title="Proposals that wait for a decision" aside={data.may_propose && <Propose onChanged={onChanged} />}>
      {open.length === 0 ? (
        <Empty title="There is no proposal to decide on">
          <p>
            One is made for an agent or a category when rules cover most of its issues and a cheaper model did well.
          </p>
        </Empty>
      ) : (
        open.map((proposal) => <Proposal key={proposal.proposal_id} {...{ proposal, data, onChanged }} />)
      )}
    </Card>
  );
}

function Propose({ onChanged }: { onChanged: () => void }) {
  const propose = useAction(() => send('POST', '/api/proposals').then(onChanged));
  return (
    <>
      <button type="button" disabled={propose.isBusy} onClick={() => propose.run()}>
        Look for proposals
      </button>
      {propose.error && <ErrorNotice error={propose.error} />}
    </>
  );
}

function Proposal({ proposal, data, onChanged }: { proposal: ProposalRow; data: Proposals; onChanged: () => void }) {
  const { subject, from_model, to_model } = proposal;
  return (
    <section class="proposal" aria-label={`Proposal for ${subject}`}>
      <h3>
        {subject}: <code>{from_model}</code> to <code>{to_model}</code>
      </h3>
      <p class="quiet">
        Proposed {time(proposal.created_at)} by {proposal.created_by}
      </p>
      <Evidence proposal={proposal} />
      <div class="buttons">
        {data.may_reject && <Decide proposal={proposal} decision="reject" label="Reject" onChanged={onChanged} />}
        {data.may_approve && <Decide proposal={proposal} decision="approve" label="Approve" onChanged={onChanged} />}
      </div>
    </section>
  );
}

function Evidence({ proposal: p }: { proposal: ProposalRow }) {
  return (
    <Tiles>
      <Tile
        label="Would have saved"
        value={money(p.expected_saving_usd)}
        note={`in ${count(p.runs)} runs: ${money(p.cost_per_run_usd)} to ${money(p.predicted_cost_per_run_usd)} each`}
      />
      <Tile
        label="Fails now"
        value={percent(p.failure_rate)}
        note={`${percent(p.failure_low)} to ${percent(p.failure_high)}; retried ${percent(p.retry_rate)}`}
      />
      <Tile
        label="Would fail"
        value={percent(p.predicted_failure_rate)}
        note={`seen in ${count(p.seen_runs)} runs and ${count(p.seen_replays)} replays`}
      />
      <Tile
        label="Gets worse by"
        value={`${p.predicted_increase} points`}
        note={`${p.increase_low} to ${p.increase_high}, of failures or retries`}
      />
      <Tile
        label="Covered by rules"
        value={percent(p.coverage)}
        note={`lately at least ${percent(p.stable_coverage)}`}
      />
    </Tiles>
  );
}

const EFFECTS: Record<Decision, string> = {
  approve:
    'It takes the cheaper model from the next request on, with the present one after it. It is watched, and ' +
    'taken back by itself when it does worse.',
  reject: 'Nothing changes. The same is proposed again only for what is seen from now on.',
  revert: 'It gets its former model and fallbacks back.',
};

interface DecideProps {
  readonly proposal: ProposalRow;
  readonly decision: Decision;
  readonly label: string;
  readonly onChanged: () => void;
}

function Decide({ proposal: { proposal_id, subject, to_model }, decision, label, onChanged }: DecideProps) {
  const [why, setWhy] = useState('');
  return (
    <ConfirmButton
      label={label}
      title={`${label} ${to_model} for ${subject}?`}
      isDanger={decision !== 'approve'}
      onConfirm={() => send('POST', '/api/proposals/decisions', { proposal_id, decision, why }).then(onChanged)}
    >
      <p>{EFFECTS[decision]}</p>
      {decision !== 'approve' && (
        <TextField label="Why" value={why} maxLength={2000} onInput={(event) => setWhy(event.currentTarget.value)} />
      )}
    </ConfirmButton>
  );
}

const TONES: Record<ProposalRow['status'], Tone> = {
  proposed: 'warn',
  approved: 'warn',
  kept: 'good',
  rejected: 'quiet',
  reverted: 'bad',
  superseded: 'quiet',
};

function Decided({ data, proposals, onChanged }: PartProps) {
  const decided = proposals.filter(({ status }) => status !== 'proposed');
  if (decided.length === 0) return null;
  const isInEffect = ({ status }: ProposalRow) => status === 'approved' || status === 'kept';
  return (
    <Card title="Decided">
      <div class="stack">
        <div class="as-cards">
          <DataTable
            caption="Proposals that were decided on"
            hideCaption
            rows={decided}
            rowKey={(row) => row.proposal_id}
            columns={[
              { title: 'For', cell: (row) => <b>{row.subject}</b> },
              { title: 'From', cell: (row) => <code>{row.from_model}</code> },
              { title: 'To', cell: (row) => <code>{row.to_model}</code> },
              { title: 'State', cell: (row) => <Badge tone={TONES[row.status]}>{row.status}</Badge> },
              {
                title: 'Decided',
                cell: (row) => (row.decided_at ? `${time(row.decided_at)} by ${row.decided_by}` : UNKNOWN),
              },
              { title: 'Why', cell: (row) => row.reason ?? UNKNOWN },
              {
                title: 'Do',
                cell: (row) =>
                  isInEffect(row) &&
                  data.may_revert && <Decide proposal={row} decision="revert" label="Revert" onChanged={onChanged} />,
              },
            ]}
          />
        </div>
        {data.tracking && data.tracking.length > 0 && <Tracking rows={data.tracking} />}
      </div>
    </Card>
  );
}

function Tracking({ rows }: { rows: readonly TrackingRow[] }) {
  return (
    <DataTable
      caption="What came of those that were approved"
      rows={rows}
      rowKey={(row) => `${row.proposal_id} ${row.tracked}`}
      columns={[
        { title: 'For', cell: (row) => row.subject },
        { title: 'Runs', cell: (row) => (row.tracked === 'all' ? `all ${count(row.runs)}` : `first ${row.tracked}`) },
        { title: 'Failed', cell: (row) => beside(row.failure_rate, row.failure_rate_before), isFigure: true },
        { title: 'Retried', cell: (row) => beside(row.retry_rate, row.retry_rate_before), isFigure: true },
        { title: 'Saved', cell: (row) => money(row.saved_usd), isFigure: true },
        { title: 'Lost', cell: (row) => money(row.lost_usd), isFigure: true },
        { title: 'Net', cell: (row) => money(row.net_saving_usd), isFigure: true },
        { title: 'Alarm', cell: (row) => percent(row.alarm_percent), isFigure: true, hint: '100 %: it is taken back' },
      ]}
    />
  );
}

function beside(now: string | null, former: string): string {
  return `${percent(now)}, was ${percent(former)}`;
}

function Candidates() {
  return (
    <Card title="What is missing for a proposal">
      <LoadWhenAsked<CandidateRow[]> path="/api/proposals/candidates">
        {(rows) => <CandidateTable rows={rows} />}
      </LoadWhenAsked>
    </Card>
  );
}

function CandidateTable({ rows }: { rows: readonly CandidateRow[] }) {
  return (
    <DataTable
      caption="Cheaper models of the last 90 days"
      rows={rows}
      rowKey={(row) => `${row.subject} ${row.to_model}`}
      columns={[
        { title: 'For', cell: (row) => row.subject },
        { title: 'From', cell: (row) => <code>{row.from_model}</code> },
        { title: 'To', cell: (row) => <code>{row.to_model}</code> },
        { title: 'Runs', cell: (row) => count(row.runs), isFigure: true },
        { title: 'Would have saved', cell: (row) => money(row.expected_saving_usd), isFigure: true },
        { title: 'Missing', cell: (row) => (row.missing.length === 0 ? 'nothing' : row.missing.join('; ')) },
      ]}
      empty={
        <Empty title="No agent and no category had requests that a cheaper model could answer">
          <p>Requests count when they name an agent or a category.</p>
        </Empty>
      }
    />
  );
}
