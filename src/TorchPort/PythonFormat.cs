using System.Globalization;
using TorchSharp;

namespace TorchPort;

/// <summary>Spells numbers as Python's <c>format</c> does: <c>nan</c>, <c>inf</c>, <c>-inf</c>, and no culture's comma.</summary>
/// <param name="exact">Whether every float is printed as <c>{:.9g}</c>, whatever the cell's format.</param>
internal sealed class PythonFormat(bool exact) : IFormatProvider, ICustomFormatter
{
    internal static readonly NumberFormatInfo NumberFormat =
        new() { NaNSymbol = "nan", PositiveInfinitySymbol = "inf", NegativeInfinitySymbol = "-inf" };

    public object GetFormat(Type? formatType) => formatType == typeof(ICustomFormatter) ? this : NumberFormat;

    // A tensor's own ToString has its shape and device alone.
    public string Format(string? format, object? arg, IFormatProvider? formatProvider) => arg switch
    {
        torch.Tensor tensor => tensor.npstr(exact ? "g9" : "g5", newLine: "\n", cultureInfo: CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(exact && arg is float ? "g9" : format, NumberFormat),
        _ => $"{arg}",
    };
}
