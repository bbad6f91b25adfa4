// Several views of one thing, one of them shown. Arrow keys move between the tabs.

import type { ComponentChildren } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';

export interface Tab {
  readonly title: string;
  readonly view: () => ComponentChildren;
}

export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  const [chosen, setChosen] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const shown = Math.min(chosen, tabs.length - 1);
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const next = (shown + step + tabs.length) % tabs.length;
    setChosen(next);
    list.current?.querySelectorAll<HTMLButtonElement>('[role=tab]')[next]?.focus();
  };
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
        {tabs.map(({ title }, n) => (
          <button
            key={title}
            type="button"
            role="tab"
            id={`${id}-${n}`}
            aria-selected={n === shown}
            aria-controls={`${id}-panel`}
            tabIndex={n === shown ? 0 : -1}
            onClick={() => setChosen(n)}
          >
            {title}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${shown}`} key={tabs[shown]!.title}>
        {tabs[shown]!.view()}
      </div>
    </>
  );
}
