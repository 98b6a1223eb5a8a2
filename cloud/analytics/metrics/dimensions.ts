/** What metrics can be grouped and filtered by. Each dimension is a column of the tables that have it. */

export interface Dimension {
  readonly title: string;
  /** Column of the raw events. */
  readonly column: string;
  /** Column of the sessions' hours; absent: sessions do not have it. */
  readonly ofSession?: string;
  /** Column of the users; absent: users do not have it. */
  readonly ofUser?: string;
}

export const dimensions = {
  source: { title: "Source", column: "source", ofSession: "source", ofUser: "source" },
  version: { title: "Version", column: "product_version", ofSession: "product_version", ofUser: "first_version" },
  os: { title: "Operating system", column: "product_os", ofSession: "product_os", ofUser: "product_os" },
  command: { title: "Command", column: "command_path" },
  tool: { title: "Tool", column: "tool_name" },
  model: { title: "Model", column: "model" },
  error: { title: "Error type", column: "error_category" },
  thinktool: { title: "ThinkTool", column: "thinktool" },
  profile: { title: "Profile", column: "profile" },
  feature: { title: "Feature", column: "feature" },
  discovery: { title: "Discovered through", column: "discovery_source" },
  upgrade_feature: { title: "Feature of the upgrade", column: "upgrade_feature" },
  install_method: { title: "Installed with", column: "install_method", ofUser: "install_method" },
} as const satisfies Readonly<Record<string, Dimension>>;

export type DimensionName = keyof typeof dimensions;

export const dimensionNames = Object.keys(dimensions) as readonly DimensionName[];
