using TorchPort.Tests;

namespace NotebookDiff.Tests;

/// <summary>How a notebook's numbers are spelled.</summary>
public class SpellingTests
{
    private static readonly float[] s_floats = [0f, 1.4f, 0.84f, 1.064f, 0.9744f, 1.01024f, 0.995904f, 8.2e-5f, 1e-7f, 1f];

    // What the column looks like is all that is told; each number comes out as Python writes it.
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
    public void A_column_is_spelled_as_Python_spells_it(string format)
    {
        var python = Python.Find("import sys");
        Assert.SkipWhen(python is null, "there is no Python on this machine");
        var script = $"""
            import struct
            for bits in [{string.Join(", ", s_floats.Select(BitConverter.SingleToInt32Bits))}]:
                x = struct.unpack('f', struct.pack('i', bits))[0]
                print({format})
            """;
        var column = TextLines.Lines(Start.Program(python!, ["-c", script]).Stdout);

        var spelling = new Spelling(column);
        Assert.Equal(column, s_floats.Zip(column, spelling.Spell));
    }

    [Theory]
    [InlineData(1.3125f, "0.000", "1.312")] // a tie goes to the even digit
    [InlineData(0.99996f, "1.000", "1.000")]
    [InlineData(0.9994f, "1.000", "0.999")]
    [InlineData(float.NaN, "0.000", "nan")]
    [InlineData(float.NegativeInfinity, "0.000", "-inf")]
    [InlineData(1.4f, "nan", "1.400")]
    [InlineData(1.4f, "0.00e+00", "1.40e+00")]
    public void A_number_gets_the_decimals_of_the_one_that_stands_there(float value, string like, string spelled) =>
        Assert.Equal(spelled, new Spelling([like, like == "nan" ? "0.123" : like]).Spell(value, like));

    // As numpy writes a float32, which Debian's Python has no numpy to show.
    [Fact]
    public void A_numpy_float32_is_written_with_as_few_digits_as_tell_it()
    {
        string[] column = ["0.", "1.4", "0.84000003", "0.995904", "7.82921e-05"];
        float[] floats = [0f, 1.4f, 0.84000003f, 0.995904f, 7.82921e-05f];

        Assert.Equal(column, floats.Zip(column, new Spelling(column).Spell));
        Assert.Equal("0.99590397", new Spelling(column).Spell(0.99590397f, "0.995904"));
    }

    [Fact]
    public void A_whole_tensor_keeps_its_point() => Assert.Equal("0.", new Spelling(["0.", "1.4000"]).Spell(0, "0."));

    [Fact]
    public void Digits_that_str_leaves_out_are_no_rounding()
    {
        // 1.0 stands for just that number, and not for all that round to it.
        var spelling = new Spelling(["1.399999976158142", "1.0"]);

        Assert.Equal("0.9999998807907104", spelling.Spell(0.9999999f, "1.0"));
    }
}
