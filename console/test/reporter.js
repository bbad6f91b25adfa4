// Tells of tests as the other parts of ./check do: a line "ok NAME" or "FAILED NAME" for each, and what
// went wrong below it.

export default async function* report(events) {
  for await (const { type, data } of events) {
    if (type === 'test:pass' && data.details.type !== 'suite') yield `${data.skip ? 'skipped' : 'ok'} ${data.name}\n`;
    if (type === 'test:fail') yield `FAILED ${data.name}\n${indented(data.details.error)}`;
    if (type === 'test:stderr') yield data.message;
  }
}

function indented(error) {
  const cause = error.cause ?? error;
  return `${String(cause.stack ?? cause).trimEnd().replaceAll(/^/gm, '  ')}\n`;
}
