// A button that asks before it acts, in a dialog that says what will happen.

import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { useAction } from '../hooks.js';
import { ErrorNotice } from './states.js';

export function ConfirmButton({
  label,
  title,
  children,
  confirm = label,
  isDanger,
  disabled,
  onConfirm,
}: {
  label: string;
  title: string;
  children?: ComponentChildren;
  confirm?: string;
  isDanger?: boolean;
  disabled?: boolean;
  onConfirm: () => Promise<unknown>;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const action = useAction(onConfirm);
  const close = () => dialog.current?.close();
  const act = async () => {
    if (await action.run()) close();
  };
  return (
    <>
      <button
        type="button"
        class={isDanger ? 'danger' : undefined}
        disabled={disabled}
        onClick={() => dialog.current?.showModal()}
      >
        {label}
      </button>
      <dialog ref={dialog} aria-labelledby={titleId} onClose={action.clearError}>
        <h2 id={titleId}>{title}</h2>
        {children}
        {action.error && <ErrorNotice error={action.error} />}
        <div class="buttons">
          <button type="button" onClick={close}>
            Back
          </button>
          <button type="button" class={isDanger ? 'danger' : 'primary'} disabled={action.isBusy} onClick={act}>
            {confirm}
          </button>
        </div>
      </dialog>
    </>
  );
}
