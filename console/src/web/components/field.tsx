// Labelled inputs of forms.

import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
  readonly label: string;
  /// Says below the input what is meant or what is allowed.
  readonly help?: ComponentChildren;
}

type Attributes<Tag extends keyof JSX.IntrinsicElements> = Omit<JSX.IntrinsicElements[Tag], 'id' | 'label'>;

export function TextField({ label, help, ...input }: FieldProps & Attributes<'input'>) {
  return (
    <Labelled label={label} help={help}>
      {(ids) => <input type="text" {...input} {...ids} />}
    </Labelled>
  );
}

export function TextArea({ label, help, ...input }: FieldProps & Attributes<'textarea'>) {
  return (
    <Labelled label={label} help={help}>
      {(ids) => <textarea {...input} {...ids} />}
    </Labelled>
  );
}

export interface Option {
  readonly value: string;
  readonly text: string;
}

export function Select({
  label,
  help,
  options,
  value,
  ...select
}: FieldProps & { options: readonly Option[] } & Attributes<'select'>) {
  return (
    <Labelled label={label} help={help}>
      {(ids) => (
        <select {...select} {...ids} value={value}>
          {options.map((option) => (
            <option key={option.value} value={option.value} selected={option.value === value}>
              {option.text}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

function Labelled({
  label,
  help,
  children,
}: FieldProps & { children: (ids: { id: string; 'aria-describedby'?: string }) => ComponentChildren }) {
  const id = useId();
  const helpId = `${id}-help`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, ...(help ? { 'aria-describedby': helpId } : {}) })}
      {help && (
        <p class="help" id={helpId}>
          {help}
        </p>
      )}
    </div>
  );
}
