import { Link } from 'wouter-preact';
import { Empty } from '../components/states.js';
import { useTitle } from '../hooks.js';

export function NotFound() {
  useTitle('Not found');
  return (
    <>
      <h1>Not found</h1>
      <Empty title="There is no such page">
        <p>
          Go to the <Link href="/">dashboard</Link>.
        </p>
      </Empty>
    </>
  );
}
