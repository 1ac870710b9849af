/**
 * Remembers what a pure function gave for its last arguments: the records of a cell share their dates. What is
 * remembered is forgotten at once when it becomes too much. For small arguments that hold nothing of a tenant's:
 * what is remembered outlives the invocation.
 */
export function memo<Argument, Result>(
  work: (argument: Argument) => Result,
  most = 1000,
): (argument: Argument) => Result {
  const known = new Map<Argument, Result>();
  return (argument) => {
    const found = known.get(argument);
    if (found !== undefined) return found;
    if (known.size >= most) known.clear();
    const result = work(argument);
    known.set(argument, result);
    return result;
  };
}
