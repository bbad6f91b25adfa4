// A form whose fields are sent as they are named, and which is empty again when that went well.
//
//   <PostForm path="/api/prices" submit="Add the price" onSent={reload}>
//     <TextField label="Source" name="source" />
//   </PostForm>

import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { send } from '../api.js';
import { useSubmit } from '../hooks.js';
import { ErrorNotice } from './states.js';

export function PostForm({
  path,
  submit,
  onSent,
  children,
}: {
  path: string;
  submit: string;
  onSent: () => void;
  children: ComponentChildren;
}) {
  const form = useRef<HTMLFormElement>(null);
  const { onSubmit, isBusy, error } = useSubmit(async () => {
    await send('POST', path, Object.fromEntries(new FormData(form.current!)));
    form.current!.reset();
    onSent();
  });
  return (
    <form ref={form} onSubmit={onSubmit}>
      {children}
      {error && <ErrorNotice error={error} />}
      <div class="buttons">
        <button class="primary" disabled={isBusy}>
          {submit}
        </button>
      </div>
    </form>
  );
}
