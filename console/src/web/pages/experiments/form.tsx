// A new experiment.

import { Card } from '../../components/card.js';
import { Select, TextField } from '../../components/field.js';
import { PostForm } from '../../components/form.js';

const METRICS = [
  { value: 'validation_success', text: 'the first answer is valid' },
  { value: 'outcome_success', text: 'running the workflow succeeds' },
  { value: 'retry', text: 'no retry' },
  { value: 'fallback', text: 'no fallback' },
];

export function NewExperimentForm({ models, onCreated }: { models: readonly string[]; onCreated: () => void }) {
  const options = models.map((name) => ({ value: name, text: name }));
  return (
    <Card title="A new experiment">
      <PostForm path="/api/experiments" submit="Begin the experiment" onSent={onCreated}>
        <div class="fields">
          <TextField label="Name" name="experiment" required maxLength={200} />
          <TextField label="Category" name="category" maxLength={200} help="Empty: any, of the agent." />
          <TextField label="Agent" name="agent" maxLength={200} help="Empty: any, of the category." />
          <Select label="Control" name="control_model" options={options} />
          <Select label="Candidate" name="candidate_model" options={options} />
          <TextField label="Its share" name="share" inputMode="decimal" defaultValue="0.5" required />
          <Select label="What decides" name="metric" options={METRICS} />
          <TextField
            label="Requests an arm"
            name="minimum_sample"
            inputMode="numeric"
            defaultValue="100"
            required
            help="So many before there is a verdict."
          />
          <TextField
            label="In the same arm"
            name="assignment_key"
            defaultValue="request"
            required
            help="request, prompt, role, or tag:KEY."
          />
        </div>
      </PostForm>
    </Card>
  );
}
