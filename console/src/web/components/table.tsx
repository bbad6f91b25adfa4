// A table of rows.
//
//   <DataTable caption="Cost by model" rows={rows} rowKey={(row) => row.model} columns={[
//     { title: 'Model', cell: (row) => row.model },
//     { title: 'Cost', cell: (row) => money(row.costUsd), isFigure: true },
//   ]} empty={<Empty title="No calls yet" />} />

import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /// Figures stand at the right, so that their digits are below one another.
  readonly isFigure?: boolean;
  /// Says more about the column when somebody points at its title.
  readonly hint?: string;
}

export interface DataTableProps<Row> {
  readonly caption: string;
  /// The caption stands above as a heading: it is for screen readers only.
  readonly hideCaption?: boolean;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string | number;
  readonly empty?: ComponentChildren;
}

export function DataTable<Row>({ caption, hideCaption, columns, rows, rowKey, empty }: DataTableProps<Row>) {
  if (rows.length === 0 && empty !== undefined) return <>{empty}</>;
  return (
    <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption class={hideCaption ? 'visually-hidden' : undefined}>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, hint, isFigure }) => (
              <th key={title} scope="col" title={hint} class={isFigure ? 'figure' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map(({ title, cell, isFigure }) => (
                <td key={title} data-title={title} class={isFigure ? 'figure' : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
