/** An object with some of its members replaced. Unlike a copy, it works for instances of classes with private fields, and shows later changes of the object. */
export function overlay<Target extends object>(target: Target, members: Partial<Target>): Target {
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(members, name)) return members[name as keyof Target];
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
