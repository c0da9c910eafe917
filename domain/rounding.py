"""Which way does a number go that is not whole, and who owns the remainder?

Every rounding of the system is one of these functions; callers say whose the remainder is.
"""

from fractions import Fraction


def ceiling(numerator: int, denominator: int) -> int:
    """`⌈numerator/denominator⌉`, toward +∞; the denominator is positive."""
    return -(-numerator // denominator)


def half_even(numerator: int, denominator: int) -> int:
    """The nearest whole number; a tie goes to the even one. The denominator is positive."""
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and whole & 1):
        return whole + 1
    return whole


def floor_of(value: Fraction) -> int:
    """`⌊value⌋`, toward −∞."""
    return value.numerator // value.denominator


def ceiling_of(value: Fraction) -> int:
    """`⌈value⌉`, toward +∞."""
    return -(-value.numerator // value.denominator)
