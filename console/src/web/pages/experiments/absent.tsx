import { Empty } from '../../components/states.js';

/// Why there is nothing to see, in words.
export function Absent({ why, table }: { why: 'not installed' | 'not allowed'; table: string }) {
  if (why === 'not installed')
    return (
      <Empty title="This version of the extension does not have them">
        <p>
          <code>{table}</code> comes with a later one: install it, and run{' '}
          <code>ALTER EXTENSION llm_workflow UPDATE</code>.
        </p>
      </Empty>
    );
  return (
    <Empty title="Your role may not see them">
      <p>
        Its owner can <code>GRANT SELECT ON {table}</code> to it.
      </p>
    </Empty>
  );
}
