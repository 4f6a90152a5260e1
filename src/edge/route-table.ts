interface Route {
  methods: Set<string>;
  form: RegExp;
}

/** The routes that exist, to tell "no such resource" (404) from "not with this method" (405). Filled while routes are registered. */
export class RouteTable {
  private readonly routes = new Map<string, Route>();

  /** Notes a route by its pattern, such as `/v1/scans/:id`. */
  add(pattern: string, methods: string | readonly string[]): void {
    const form = new RegExp(`^${pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')}/?$`);
    const route = this.routes.get(pattern) ?? { methods: new Set<string>(), form };
    for (const method of [methods].flat()) route.methods.add(method);
    this.routes.set(pattern, route);
  }

  /** The methods that a path takes, sorted; none if nothing is there. */
  methodsOf(path: string): string[] {
    const found = [...this.routes.values()].filter((route) => route.form.test(path));
    return [...new Set(found.flatMap((route) => [...route.methods]))].sort();
  }
}
