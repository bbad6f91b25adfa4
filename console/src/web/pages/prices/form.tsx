// A new price: a new row of the history, which takes over from its time on.

import { Card } from '../../components/card.js';
import { Select, TextField } from '../../components/field.js';
import { PostForm } from '../../components/form.js';

const TIERS = ['standard', 'batch', 'flex', 'priority'].map((tier) => ({ value: tier, text: tier }));

export function NewPriceForm({ models, onAdded }: { models: readonly string[]; onAdded: () => void }) {
  return (
    <Card title="A new price">
      <PostForm path="/api/prices" submit="Add the price" onSent={onAdded}>
        <div class="fields">
          <Select label="Model" name="model" options={models.map((name) => ({ value: name, text: name }))} />
          <Select label="Service tier" name="service_tier" options={TIERS} />
          <TextField
            label="Above input tokens"
            name="above_input_tokens"
            inputMode="numeric"
            defaultValue="0"
            required
          />
          <TextField
            label="From"
            name="effective_from"
            placeholder="now"
            maxLength={30}
            help="2026-12-01 00:00, in UTC. Empty: now."
          />
          <TextField label="Input" name="input_per_million" inputMode="decimal" required help="USD a million tokens." />
          <TextField label="Output" name="output_per_million" inputMode="decimal" required />
          <TextField label="Cached input" name="cached_input_per_million" inputMode="decimal" help="Empty: as input." />
          <TextField label="Cache write" name="cache_write_per_million" inputMode="decimal" help="Empty: as input." />
        </div>
        <TextField label="Source" name="source" maxLength={500} help="Where the price was read." />
      </PostForm>
    </Card>
  );
}
