"""The page kit: looks, wording of times and numbers, base templates, small behaviours; knows no domain."""
