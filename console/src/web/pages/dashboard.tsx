// What it costs, what it saves, how well it goes, and what goes on now.

import { PeriodPicker } from '../components/period_picker.js';
import { useTitle } from '../hooks.js';
import { usePeriod } from '../period.js';
import { Charts } from './dashboard/charts.js';
import { Budgets, Endpoints, Work } from './dashboard/now.js';
import { Summary } from './dashboard/summary.js';
import { Agents, Errors, Fallbacks, Models } from './dashboard/tables.js';

export default function Dashboard() {
  useTitle('Dashboard');
  const [period, setPeriod] = usePeriod();
  return (
    <>
      <div class="page-head">
        <h1>Dashboard</h1>
        <PeriodPicker period={period} onChange={setPeriod} />
      </div>
      <Summary period={period} />
      <Work />
      <div class="grid halves">
        <Charts period={period} />
        <div class="stack">
          <Models period={period} />
          <Agents period={period} />
        </div>
        <div class="stack">
          <Fallbacks period={period} />
          <Errors period={period} />
          <Budgets />
          <Endpoints />
        </div>
      </div>
    </>
  );
}
