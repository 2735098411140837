export declare function reportSchema(): string
