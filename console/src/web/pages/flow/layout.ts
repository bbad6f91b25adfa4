// Where the picture of the flow has its nodes, edges and labels. Drawn by hand: the ways are always the same,
// and a picture that stays as it is can be read at a glance.

import type { FlowNode } from '../../../shared/flow.js';

export const VIEW_BOX = { x: 0, y: 48, width: 1000, height: 572 };
export const NODE_SIZE = { width: 140, height: 58 };

export type Tone = 'main' | 'good' | 'warn' | 'bad';

export interface PlacedNode {
  readonly node: FlowNode;
  readonly name: string;
  /// Says more when somebody points at it.
  readonly hint: string;
  readonly x: number;
  readonly y: number;
  readonly tone: Tone;
}

export interface PlacedEdge {
  readonly source: FlowNode;
  readonly target: FlowNode;
  readonly path: string;
  readonly tone: Tone;
  readonly label: { readonly x: number; readonly y: number; readonly anchor: 'start' | 'middle' | 'end' };
}

export const NODES: readonly PlacedNode[] = [
  { node: 'request', name: 'Requests', hint: 'Requests that ended', x: 80, y: 250, tone: 'main' },
  { node: 'ledger', name: 'From the ledger', hint: 'Answered as before, without a call', x: 80, y: 420, tone: 'good' },
  { node: 'batch', name: 'Parts', hint: 'Parts of documents that did not fit one answer', x: 340, y: 90, tone: 'main' },
  { node: 'primary', name: 'Primary model', hint: 'First calls to the primary model', x: 340, y: 250, tone: 'main' },
  {
    node: 'no_answer',
    name: 'No answer',
    hint: 'Errors, timeouts, and answers that were cut or refused',
    x: 340,
    y: 420,
    tone: 'bad',
  },
  { node: 'retry', name: 'Retry', hint: 'The same call again, after a transient error', x: 340, y: 580, tone: 'warn' },
  { node: 'repair', name: 'Repair', hint: 'The model is told what is wrong', x: 640, y: 90, tone: 'warn' },
  { node: 'validation', name: 'Validation', hint: 'Documents that were checked', x: 640, y: 250, tone: 'main' },
  { node: 'fallback', name: 'Fallback model', hint: 'Calls to the next model', x: 640, y: 420, tone: 'warn' },
  { node: 'accepted', name: 'Accepted', hint: 'Calls whose document was accepted', x: 920, y: 250, tone: 'good' },
  { node: 'failed', name: 'Failed', hint: 'Requests that failed', x: 920, y: 420, tone: 'bad' },
  { node: 'cancelled', name: 'Cancelled', hint: 'Calls that were cancelled', x: 920, y: 580, tone: 'main' },
];

function edge(
  source: FlowNode,
  target: FlowNode,
  tone: Tone,
  path: string,
  x: number,
  y: number,
  anchor: PlacedEdge['label']['anchor'] = 'middle',
): PlacedEdge {
  return { source, target, tone, path, label: { x, y, anchor } };
}

/// Calls that were cancelled stand in their node and in the table only: they would cross everything.
export const EDGES: readonly PlacedEdge[] = [
  edge('request', 'primary', 'main', 'M150 250 H262', 206, 226),
  edge('request', 'ledger', 'good', 'M80 279 V383', 90, 328, 'start'),
  edge('request', 'fallback', 'warn', 'M150 268 C210 345 480 330 564 396', 205, 308, 'start'),
  edge('request', 'failed', 'bad', 'M120 279 V510 H920 V457', 130, 490, 'start'),
  edge('primary', 'validation', 'main', 'M410 250 H562', 486, 226),
  edge('primary', 'batch', 'main', 'M340 221 V127', 332, 168, 'end'),
  edge('primary', 'no_answer', 'bad', 'M340 279 V383', 332, 352, 'end'),
  edge('batch', 'validation', 'main', 'M410 96 C500 105 520 190 566 224', 520, 118, 'end'),
  edge('batch', 'no_answer', 'bad', 'M270 96 C232 150 232 350 264 404', 232, 170, 'end'),
  edge('no_answer', 'retry', 'warn', 'M315 449 V543', 307, 494, 'end'),
  edge('retry', 'no_answer', 'bad', 'M365 551 V457', 373, 514, 'start'),
  edge('retry', 'validation', 'main', 'M410 580 C580 580 538 340 568 282', 470, 594, 'start'),
  edge('no_answer', 'fallback', 'warn', 'M410 408 H562', 416, 384, 'start'),
  edge('fallback', 'no_answer', 'bad', 'M570 434 H418', 424, 452, 'start'),
  edge('no_answer', 'failed', 'bad', 'M405 449 C505 530 780 530 856 456', 660, 528),
  edge('validation', 'repair', 'warn', 'M615 221 V127', 607, 158, 'end'),
  edge('repair', 'validation', 'main', 'M665 119 V213', 675, 158, 'start'),
  edge('repair', 'no_answer', 'bad', 'M580 119 C500 200 500 350 418 396', 494, 300, 'start'),
  edge('validation', 'fallback', 'warn', 'M615 279 V383', 607, 332, 'end'),
  edge('fallback', 'validation', 'main', 'M665 391 V287', 675, 340, 'start'),
  edge('validation', 'accepted', 'good', 'M710 250 H842', 776, 226),
  edge('validation', 'failed', 'bad', 'M710 270 C780 290 790 380 844 406', 806, 320, 'start'),
];

/// What a node is called, placed or not.
export function nameOf(node: FlowNode): string {
  return node === 'caller' ? 'Callers' : (NODES.find((placed) => placed.node === node)?.name ?? node);
}
