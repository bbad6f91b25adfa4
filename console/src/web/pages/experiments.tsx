// Proposals that wait for a decision, and experiments that lead to them.

import { useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import type { ExperimentRow, Experiments as Data } from '../../shared/experiments.js';
import { send } from '../api.js';
import { Badge, Card, type Tone } from '../components/card.js';
import { ConfirmButton } from '../components/confirm.js';
import { TextField } from '../components/field.js';
import { Empty, Load } from '../components/states.js';
import { DataTable } from '../components/table.js';
import { percent, time, words } from '../format.js';
import { useApi, useTitle } from '../hooks.js';
import { Absent } from './experiments/absent.js';
import { ExperimentCard } from './experiments/details.js';
import { NewExperimentForm } from './experiments/form.js';
import { ProposalList } from './experiments/proposals.js';

export default function Experiments() {
  useTitle('Experiments and proposals');
  const loaded = useApi<Data>('/api/experiments');
  return (
    <>
      <h1>Experiments and proposals</h1>
      <div class="stack">
        <ProposalList />
        <Load from={loaded}>{(data) => <ExperimentList data={data} onChanged={loaded.reload} />}</Load>
      </div>
    </>
  );
}

const TONES: Record<ExperimentRow['status'], Tone> = {
  running: 'warn',
  adopted: 'good',
  stopped: 'quiet',
  halted: 'bad',
};

function ExperimentList({ data, onChanged }: { data: Data; onChanged: () => void }) {
  const [shown, setShown] = useState<string>();
  const { experiments } = data;
  if (typeof experiments === 'string')
    return (
      <Card title="Experiments">
        <Absent why={experiments} table="llm_experiments" />
      </Card>
    );
  return (
    <>
      <Card title="Experiments">
        <div class="as-cards">
          <DataTable
            caption="Experiments"
            hideCaption
            rows={experiments}
            rowKey={(row) => row.experiment}
            columns={[
              { title: 'Experiment', cell: (row) => <b>{row.experiment}</b> },
              { title: 'Requests', cell: requestsOf },
              { title: 'Control', cell: (row) => <code>{row.control_model}</code> },
              { title: 'Candidate', cell: (row) => <CandidateCell row={row} /> },
              { title: 'Decided by', cell: (row) => words(row.metric) },
              { title: 'Since', cell: (row) => `${time(row.created_at)} by ${row.created_by}` },
              { title: 'State', cell: (row) => <StateCell row={row} /> },
              {
                title: 'Do',
                cell: (row) => (
                  <Buttons>
                    <button
                      type="button"
                      aria-expanded={shown === row.experiment}
                      onClick={() => setShown(shown === row.experiment ? undefined : row.experiment)}
                    >
                      Figures
                    </button>
                    {row.status === 'running' && data.may_adopt && <Adopt row={row} onChanged={onChanged} />}
                    {row.status === 'running' && data.may_stop && <Stop row={row} onChanged={onChanged} />}
                  </Buttons>
                ),
              },
            ]}
            empty={
              <Empty title="There are no experiments">
                <p>One sends a share of some requests to another model, and tells which of the two to keep.</p>
              </Empty>
            }
          />
        </div>
      </Card>
      {shown !== undefined && <ExperimentCard experiment={shown} />}
      {data.may_create && <NewExperimentForm models={data.models} onCreated={onChanged} />}
    </>
  );
}

function Buttons({ children }: { children: ComponentChildren }) {
  return <div class="row-actions">{children}</div>;
}

function requestsOf({ category, agent }: ExperimentRow): string {
  return [category && `category ${category}`, agent && `agent ${agent}`].filter(Boolean).join(', ');
}

function CandidateCell({ row }: { row: ExperimentRow }) {
  return (
    <>
      <code>{row.candidate_model}</code>, {percent(Number(row.share) * 100)}
    </>
  );
}

function StateCell({ row }: { row: ExperimentRow }) {
  return (
    <>
      <Badge tone={TONES[row.status]}>{row.status}</Badge>
      {row.ended_at && (
        <p class="quiet">
          {time(row.ended_at)} by {row.ended_by}
        </p>
      )}
    </>
  );
}

interface EndProps {
  readonly row: ExperimentRow;
  readonly onChanged: () => void;
}

function Adopt({ row, onChanged }: EndProps) {
  const [force, setForce] = useState(false);
  const { experiment } = row;
  return (
    <ConfirmButton
      label="Adopt"
      title={`Adopt the candidate of ${experiment}?`}
      onConfirm={() => send('POST', '/api/experiments/adopt', { experiment, force }).then(onChanged)}
    >
      <p>
        <code>{row.candidate_model}</code> takes the place of <code>{row.control_model}</code>, and the experiment ends.
      </p>
      <label class="check">
        <input type="checkbox" checked={force} onChange={(event) => setForce(event.currentTarget.checked)} /> Also
        when the verdict is not to adopt it
      </label>
    </ConfirmButton>
  );
}

function Stop({ row: { experiment, control_model }, onChanged }: EndProps) {
  const [why, setWhy] = useState('');
  return (
    <ConfirmButton
      label="Stop"
      title={`Stop ${experiment}?`}
      isDanger
      onConfirm={() => send('POST', '/api/experiments/stop', { experiment, why }).then(onChanged)}
    >
      <p>
        All requests go to <code>{control_model}</code> from then on.
      </p>
      <TextField label="Why" value={why} maxLength={500} onInput={(event) => setWhy(event.currentTarget.value)} />
    </ConfirmButton>
  );
}
