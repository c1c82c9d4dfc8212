"""The stuff that invented brand names, titles and claims are made of."""

# fmt: off
HEADS = (
    "Ka", "Mi", "Lo", "Ve", "Bri", "Sol", "Nor", "Ta", "Fru", "Cho", "Pa", "Ze", "Ri", "Du", "Al", "Or", "Es",
    "Bel", "Cra", "Jo", "Hy", "Lu", "Sto", "Wi", "Q", "Gra", "Pe", "Ma", "Sno", "El",
)
MIDDLES = (
    "vo", "la", "ri", "na", "ba", "lo", "me", "ti", "co", "ra", "du", "si", "no", "ne", "mi", "ga", "fi", "lu",
)
TAILS = (
    "a", "o", "ra", "na", "x", "lo", "m", "tti", "nd", "s", "la", "ya", "ck", "rt", "ne", "y", "ll", "er", "is",
    "um", "on",
)
TITLES = (
    "Classic", "Original", "Extra", "Fresh", "Soft", "Care", "Light", "Crunch", "Herbal", "Lemon", "Honey",
    "Cocoa", "Mint", "Berry", "Natural", "Family", "Strong", "Mild", "Gold", "Zero", "Bio", "Pure", "Whole",
    "Grain", "Vanilla", "Apple", "Green", "Black", "Sport", "Active", "White", "Sensitive", "Repair", "Deep",
    "Clean", "Choco", "Roast", "Instant", "Creamy", "Spicy", "Garden", "Ocean", "Kids", "Value", "Fine",
    "Select", "Daily", "Power",
)
SMALL = (
    "net 250 g", "500 ml", "new recipe", "with vitamins", "no sugar", "3 x 100", "since 1924", "6 pack", "70 cl",
    "1 L", "20 bags", "+20 %", "100 %",
)
# fmt: on
