/** The ThinkTools and the profiles that chain them (analytics design, sections 2.3 and 3.3). */
export const thinktools = ["gigathink", "laserlogic", "bedrock", "proofguard", "brutalhonesty", "other"] as const;
export const profiles = ["quick", "balanced", "deep", "paranoid", "other"] as const;
