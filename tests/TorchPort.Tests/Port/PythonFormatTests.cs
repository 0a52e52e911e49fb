using System.Globalization;
using TorchSharp;

namespace TorchPort.Tests;

/// <summary>How numbers are spelled.</summary>
public class PythonFormatTests
{
    // The expectations are what Python prints for '{:.3f}', '{:.6f}' and '{:.9g}'.
    [Theory]
    [InlineData(0f, "0.000", "0.000000", "0")]
    [InlineData(-0.0001f, "-0.000", "-0.000100", "-9.99999975e-05")]
    [InlineData(0.1f, "0.100", "0.100000", "0.100000001")]
    [InlineData(1.3125f, "1.312", "1.312500", "1.3125")]
    [InlineData(0.0078125f, "0.008", "0.007812", "0.0078125")]
    [InlineData(123456789f, "123456792.000", "123456792.000000", "123456792")]
    [InlineData(1e10f, "10000000000.000", "10000000000.000000", "1e+10")]
    [InlineData(float.NaN, "nan", "nan", "nan")]
    [InlineData(float.PositiveInfinity, "inf", "inf", "inf")]
    [InlineData(float.NegativeInfinity, "-inf", "-inf", "-inf")]
    public void A_float_is_spelled_as_Python_spells_it(float number, string three, string six, string exact)
    {
        Assert.Equal($"{three} {six}", Spell($"{number:F3} {number:F6}", exact: false));
        Assert.Equal($"{exact} {exact}", Spell($"{number:F3} {number:F6}", exact: true));
    }

    [Fact]
    public void Whole_numbers_keep_their_width() =>
        Assert.Equal("Epoch    7/10 and 12345", Spell($"Epoch {7L,4}/{10L} and {12345L,4}", exact: true));

    [Fact]
    public void A_tensor_is_spelled_by_its_value()
    {
        using var gradient = torch.tensor(-9.3333333f);
        using var W = torch.zeros(1);

        Assert.Equal("-9.3333 [0]", Spell($"{gradient} {W}", exact: false));
        Assert.Equal("-9.33333302", Spell($"{gradient}", exact: true));
    }

    [Fact]
    public void Any_float_is_spelled_as_this_machines_Python_spells_it()
    {
        var python = Python.Any;
        Assert.SkipWhen(python is null, "there is no Python on this machine");

        // Floats of any bits, and floats that end just between two spellings.
        var random = new Random(1);
        var any = Enumerable.Range(0, 2000).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)));
        var between = Enumerable.Range(0, 2000).Select(_ => random.Next(-100_000, 100_000) / 128f);
        float[] floats = [.. any, .. between];

        var script = """
            import struct, sys
            for bits in open(sys.argv[1]):
                f = struct.unpack('f', struct.pack('i', int(bits)))[0]
                print('{:.3f} {:.6f} {:.9g}'.format(f, f, f))
            """;
        var file = Path.GetTempFileName();
        File.WriteAllLines(file, floats.Select(f => $"{BitConverter.SingleToInt32Bits(f)}"));
        var spelled = Start.Program(python!, ["-c", script, file]).Stdout;
        File.Delete(file);

        Assert.Equal(
            spelled.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries),
            floats.Select(f => $"{Spell($"{f:F3} {f:F6}", exact: false)} {Spell($"{f:F6}", exact: true)}"));
    }

    private static string Spell(FormattableString line, bool exact) => line.ToString(new PythonFormat(exact));
}
