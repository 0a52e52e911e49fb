using System.Globalization;
using TorchSharp;

namespace TorchPort;

/// <summary>Formats numbers like Python's <c>format</c>: <c>nan</c>, <c>inf</c>, <c>-inf</c>, and no decimal comma.</summary>
/// <param name="exact">Whether to print every float as <c>{:.9g}</c>, overriding the cell's format.</param>
internal sealed class PythonFormat(bool exact) : IFormatProvider, ICustomFormatter
{
    internal static readonly NumberFormatInfo NumberFormat =
        new() { NaNSymbol = "nan", PositiveInfinitySymbol = "inf", NegativeInfinitySymbol = "-inf" };

    public object GetFormat(Type? formatType) => formatType == typeof(ICustomFormatter) ? this : NumberFormat;

    // Tensor.ToString() returns only the shape and the device.
    public string Format(string? format, object? arg, IFormatProvider? formatProvider) => arg switch
    {
        torch.Tensor tensor => tensor.npstr(exact ? "g9" : "g5", newLine: "\n", cultureInfo: CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(exact && arg is float ? "g9" : format, NumberFormat),
        _ => $"{arg}",
    };
}
