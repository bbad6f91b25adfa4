// The flow as a picture: the wider an edge, the more went that way.

import type { Flow, FlowEdge, FlowNode } from '../../../shared/flow.js';
import { count, money, percent, shortCount } from '../../format.js';
import { EDGES, NODES, NODE_SIZE, type PlacedEdge, type PlacedNode, VIEW_BOX, nameOf } from './layout.js';

const MAX_WIDTH = 12;
const MIN_WIDTH = 1.5;
const TONES = ['main', 'good', 'warn', 'bad'] as const;

export function Picture({ flow }: { flow: Flow }) {
  const { x, y, width, height } = VIEW_BOX;
  const drawn = EDGES.flatMap((placed) => {
    const edge = flow.edges.find(({ source, target }) => source === placed.source && target === placed.target);
    return edge && edge.passes > 0 ? [{ placed, edge }] : [];
  });
  const most = Math.max(1, ...drawn.map(({ edge }) => edge.passes));
  return (
    <div class="scroll" role="region" aria-label="Picture of the flow" tabIndex={0}>
      <svg class="flow" viewBox={`${x} ${y} ${width} ${height}`} role="img" aria-labelledby="flow-title">
        <title id="flow-title">Ways of requests and calls; the table below has the same figures</title>
        <defs>
          {TONES.map((tone) => (
            <marker
              key={tone}
              id={`arrow-${tone}`}
              class={tone}
              viewBox="0 0 10 10"
              refX="2"
              refY="5"
              markerWidth="12"
              markerHeight="12"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0 0 L10 5 L0 10 z" />
            </marker>
          ))}
        </defs>
        {drawn.map(({ placed, edge }) => (
          <path
            key={placed.path}
            class={`edge ${placed.tone}`}
            d={placed.path}
            stroke-width={widthOf(edge.passes, most)}
            marker-end={`url(#arrow-${placed.tone})`}
          />
        ))}
        {NODES.map((node) => (
          <Node key={node.node} placed={node} entered={entered(flow, node.node)} now={nowOf(flow, node.node)} />
        ))}
        {drawn.map(({ placed, edge }) => (
          <Label key={placed.path} placed={placed} edge={edge} />
        ))}
      </svg>
    </div>
  );
}

function widthOf(passes: number, most: number): number {
  return Math.max(MIN_WIDTH, (MAX_WIDTH * passes) / most);
}

function entered({ edges }: Flow, node: FlowNode): number {
  return edges.reduce((sum, { target, passes }) => (target === node ? sum + passes : sum), 0);
}

function nowOf({ now }: Flow, node: FlowNode): number {
  return now.find(({ purpose }) => purpose === node)?.calls ?? 0;
}

function Node({ placed, entered, now }: { placed: PlacedNode; entered: number; now: number }) {
  const { width, height } = NODE_SIZE;
  const { x, y, name, hint, tone } = placed;
  return (
    <g class={`node ${tone}${now > 0 ? ' busy' : ''}`} data-node={placed.node}>
      <title>{hint}</title>
      <rect x={x - width / 2} y={y - height / 2} width={width} height={height} rx="8" />
      <text class="name" x={x} y={y - 6} text-anchor="middle">
        {name}
      </text>
      <text x={x} y={y + 15} text-anchor="middle">
        {count(entered)}
        {now > 0 && `, ${count(now)} now`}
      </text>
    </g>
  );
}

function Label({ placed: { label, source, target }, edge }: { placed: PlacedEdge; edge: FlowEdge }) {
  const { x, y, anchor } = label;
  return (
    <g class="label" data-edge={`${source}-${target}`}>
      <title>
        {nameOf(source)} to {nameOf(target)}
      </title>
      <text x={x} y={y} text-anchor={anchor}>
        <tspan x={x}>
          {edge.passes < 100_000 ? count(edge.passes) : shortCount(edge.passes)} ({percent(edge.rate)})
        </tspan>
        <tspan class="cost" x={x} dy="15">
          {edge.unpriced_passes > 0 && '≥ '}
          {money(edge.cost_usd)}
        </tspan>
      </text>
    </g>
  );
}
