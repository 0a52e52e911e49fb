using TorchPort.Tests;

namespace NotebookDiff.Tests;

/// <summary>Matching printed numbers with the port's floats.</summary>
public class NumberColumnTests
{
    private static readonly float[] s_floats = [0f, 1.4f, 0.84f, 1.064f, 0.9744f, 1.01024f, 0.995904f, 8.2e-5f, 1e-7f, 1f];

    // The column knows only the printed texts. Each matches its own float, and no float that Python prints differently.
    [Theory]
    [InlineData("'{:.3f}'.format(x)")]
    [InlineData("'{:3f}'.format(x)")]
    [InlineData("'{:.8f}'.format(x)")]
    [InlineData("'{:.0f}'.format(x)")]
    [InlineData("'{:.3e}'.format(x)")]
    [InlineData("'{:g}'.format(x)")]
    [InlineData("'{:.4g}'.format(x)")]
    [InlineData("'{:.9g}'.format(x)")]
    [InlineData("str(x)")]
    [InlineData("str(round(x, 4))")]
    [InlineData("str(round(x, 5))")]
    [InlineData("'{:+.3f}'.format(x)")]
    [InlineData("'{:012.3f}'.format(x)")]
    public void Number_matches_only_its_own_float(string format)
    {
        Assert.SkipWhen(Python.Default is null, Python.PythonRequired);
        var script = $"""
            import struct
            for bits in [{string.Join(", ", s_floats.Select(BitConverter.SingleToInt32Bits))}]:
                x = struct.unpack('f', struct.pack('i', bits))[0]
                print({format})
            """;
        var printed = TestProcess.Run(Python.Default!, ["-c", script]).Stdout.ReplaceLineEndings("\n").TrimEnd().Split('\n');
        var written = printed.Select(text => new PrintedNumber(0, text)).ToList();
        var column = new NumberColumn(written, new());

        Assert.All(s_floats, (value, i) =>
        {
            Assert.True(column.Matches(written[i], value), $"{value} is {written[i].Text}");
            Assert.False(column.Matches(written[i], value + (float)Math.Max(2 * written[i].MaxRoundingError, 1e-5)));
        });
    }

    [Theory]
    [InlineData(1.3125f, true, "1.312", "0.000")] // rounds half to even
    [InlineData(1.3125f, false, "1.313", "0.000")]
    [InlineData(0.99996f, true, "1.000", "0.000")]
    [InlineData(0.9994f, false, "1.000", "0.000")]
    [InlineData(float.NaN, true, "nan", "0.000")]
    [InlineData(float.PositiveInfinity, false, "-inf", "0.000")]
    [InlineData(1e20f, true, "100000002004087734272.000", "1.400")]
    [InlineData(1e20f, false, "100000002004087734275.000", "1.400")]
    [InlineData(1.4f, false, "nan", "0.000")]
    [InlineData(0.00004f, true, "0.", "1.4000")] // tensor(0.)
    [InlineData(0.9744f, true, "0.974", "4.666667")]
    [InlineData(1.4f, true, "1.4", "0.104533404")] // numpy's float32
    [InlineData(0.020741f, true, "0.0207", "7.8293e-05", "1.4000")]
    [InlineData(0.020741f, true, "0.0207", "9.2181e-05", "4.6667", "0.")]
    [InlineData(0.0208f, false, "0.0207", "7.8293e-05", "1.4000")]
    [InlineData(0.84000003f, true, "0.84000003", "0.", "1.4")] // numpy's float32
    [InlineData(0.9999999f, false, "1.0", "1.399999976158142")] // str() prints every digit
    [InlineData(-6.1409446e21f, true, "-6.140944633445963e+21", "3.6845671178375497e+22")] // no fixed-point number
    public void Column_format_determines_what_a_number_matches(float value, bool matches, params string[] column)
    {
        var numbers = column.Select(text => new PrintedNumber(0, text)).ToList();

        Assert.Equal(matches, new NumberColumn(numbers, new()).Matches(numbers[0], value));
    }
}
