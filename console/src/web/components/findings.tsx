// What validation found in a document: code, place, what is wrong and how to mend it.

import type { Finding } from '../../shared/requests.js';
import { Badge, Card } from './card.js';

export function Findings({ findings }: { findings: readonly Finding[] }) {
  return (
    <Card title="Findings" aside={<span class="quiet">of the document that was accepted</span>}>
      <ul class="findings">
        {findings.map((finding, n) => (
          <li key={n}>
            <p>
              <Badge tone={finding.severity === 'error' ? 'bad' : 'warn'}>{finding.code}</Badge> {finding.message}
            </p>
            {finding.hint && <p class="quiet">{finding.hint}</p>}
            {finding.path && <code class="quiet">{finding.path}</code>}
          </li>
        ))}
      </ul>
    </Card>
  );
}
