// Boxes that a page is made of.

import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

/// A part of a page with a heading. `aside` stands at the right of the heading.
export function Card({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <section class="card" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/// One figure with what it is, and below it what it is of.
export function Tile({ label, value, note }: { label: string; value: string; note?: ComponentChildren }) {
  return (
    <div class="tile">
      <dt>{label}</dt>
      <dd class="value">{value}</dd>
      {note && <dd class="note">{note}</dd>}
    </div>
  );
}

export function Tiles({ children }: { children: ComponentChildren }) {
  return <dl class="tiles">{children}</dl>;
}

export type Tone = 'good' | 'warn' | 'bad' | 'quiet';

/// A state in a word, with a colour that says the same.
export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

/// A name in a row of a table, and below it what that is.
export function Described({ name, description }: { name: ComponentChildren; description: string | null }) {
  return (
    <div class="described">
      {name}
      {description && <p class="quiet">{description}</p>}
    </div>
  );
}
