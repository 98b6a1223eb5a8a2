/** The questions that the query layer answers, as typed values: nothing from outside becomes SQL. */
import * as z from "zod";
import { eventTypeNames } from "../../shared/schema/events.ts";
import { stepNames } from "./funnels/funnel-steps.ts";
import { metricNames } from "./metrics/catalogue.ts";
import { dimensionNames } from "./metrics/dimensions.ts";
import { comparisons, daysBetween, grains } from "./period.ts";

/** Longer periods are refused. Days. */
const maxDays = 400;

const day = z
  .string()
  .refine((text) => z.iso.date().safeParse(text).success, { message: "must be a day such as 2026-03-01" });
const dimension = z.enum(dimensionNames);

/** A dimension has this value; the empty value means that events do not name one. */
const filter = z.strictObject({ dimension, value: z.string().max(128) });
const filters = z.array(filter).max(2).default([]);

const range = { from: day, to: day };
const isOrdered = ({ from, to }: { readonly from: string; readonly to: string }) =>
  daysBetween(from, to) >= 0 && daysBetween(from, to) < maxDays;
const rangeError = { error: `to must be from or later, and within ${maxDays} days`, path: ["to"] };

/** A metric by time. `from` and `to` are days, both included, widened to whole buckets. */
export const metricQuestion = z
  .strictObject({
    ...range,
    metric: z.enum(metricNames),
    grain: z.enum(grains).optional(),
    group_by: dimension.optional(),
    filters,
    compare: z.enum(comparisons).optional(),
    /** Groups beyond this many become one. */
    top: z.int().min(1).max(50).default(10),
  })
  .refine(isOrdered, rangeError);
export type MetricQuestion = z.infer<typeof metricQuestion>;

/** Events of one type, or of what several types stand for; with fields that have a value. */
const step = z.strictObject({
  event: z.enum([...stepNames, ...eventTypeNames]),
  filters: z.array(filter).max(4).default([]),
  /** Calendar days after the first step, or later. */
  after_days: z.int().min(0).max(90).default(0),
});
export type FunnelStep = z.infer<typeof step>;

export const funnelQuestion = z
  .strictObject({
    ...range,
    steps: z.array(step).min(2).max(10),
    /** From the first step to the last, both included. */
    window_hours: z
      .number()
      .positive()
      .max(24 * 90)
      .default(24 * 7),
    /** `strict`: no other event of the user in between. */
    order: z.enum(["ordered", "strict"]).default("ordered"),
    /** An event after the first step that ends the attempt. */
    exclude: z.array(step).max(4).default([]),
    /** Only the user's first event of step 1 begins an attempt. */
    first_time: z.boolean().default(false),
    /** By the value that the event of step 1 has. */
    group_by: dimension.optional(),
  })
  .refine(isOrdered, rangeError);
export type FunnelQuestion = z.infer<typeof funnelQuestion>;

export const retentionQuestion = z
  .strictObject({
    ...range,
    /** A cohort is who was first seen, or who installed, in a bucket. */
    cohort: z.enum(["first_seen", "install"]).default("first_seen"),
    grain: z.enum(grains).default("week"),
    offsets: z.int().min(1).max(60).default(12),
    /** `bounded`: active in bucket N; `rolling`: in bucket N or later. */
    type: z.enum(["bounded", "rolling"]).default("bounded"),
    filters,
  })
  .refine(isOrdered, rangeError);
export type RetentionQuestion = z.infer<typeof retentionQuestion>;

export const pathsQuestion = z
  .strictObject({
    ...range,
    of: z.enum(["command", "feature"]).default("command"),
    filters,
    top: z.int().min(1).max(200).default(50),
  })
  .refine(isOrdered, rangeError);
export type PathsQuestion = z.infer<typeof pathsQuestion>;

export const lifecycleQuestion = z
  .strictObject({ ...range, grain: z.enum(grains).default("week"), filters })
  .refine(isOrdered, rangeError);
export type LifecycleQuestion = z.infer<typeof lifecycleQuestion>;

/** How many users were active on how many days of the period. */
export const stickinessQuestion = z.strictObject({ ...range, filters }).refine(isOrdered, rangeError);
export type StickinessQuestion = z.infer<typeof stickinessQuestion>;

export type Filter = z.infer<typeof filter>;
